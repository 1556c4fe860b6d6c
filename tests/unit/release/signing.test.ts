import { expect, test } from "vitest";

import { signing } from "../../../build/release/signing.ts";

const keyFile = (text: string) => `/secret/file of ${text}`;
const windows = { WIN_CSC_LINK: "base64", WIN_CSC_KEY_PASSWORD: "word" };
const mac = { CSC_LINK: "base64", CSC_KEY_PASSWORD: "word", CSC_NAME: "Carillon (ABCDE12345)" };
const apple = { APPLE_API_KEY: "text", APPLE_API_KEY_ID: "id", APPLE_API_ISSUER: "issuer" };
const empty = { WIN_CSC_LINK: "", CSC_LINK: "", CSC_NAME: "", APPLE_API_KEY: "", PATH: "/bin" };

test("without keys nothing is signed, it is said, and no empty key is handed on", () => {
  for (const platform of ["linux", "win32", "darwin"] as const) {
    const { env, options, says } = signing(platform, empty, keyFile);
    expect(Object.keys(env)).not.toContain("WIN_CSC_LINK");
    expect(Object.keys(env)).not.toContain("CSC_LINK");
    expect(env["PATH"]).toBe("/bin");
    expect(options).not.toContain("-c.forceCodeSigning=true");
    expect(says).toMatch(/not signed|ad hoc/);
  }
});

test("a Mac app without a key is signed ad hoc, since it would not start on Apple's processors otherwise", () => {
  expect(signing("darwin", empty, keyFile).options).toContain("-c.mac.identity=-");
});

test("with keys a build that cannot sign fails", () => {
  const onWindows = signing("win32", windows, keyFile);
  expect(onWindows).toEqual({ env: windows, options: ["-c.forceCodeSigning=true"], says: "signed" });
  const onMac = signing("darwin", { ...mac, ...apple }, keyFile);
  expect(onMac.options).toContain("-c.forceCodeSigning=true");
  expect(onMac.options).toContain("-c.mac.identity=Carillon (ABCDE12345)");
  expect(onMac.options).toContain("-c.mac.hardenedRuntime=true");
});

test("what is signed is notarised where Apple's keys are given too, and else says that it is not", () => {
  const notarised = signing("darwin", { ...mac, ...apple }, keyFile);
  expect(notarised.options).toContain("-c.mac.notarize=true");
  expect(notarised.env["APPLE_API_KEY"]).toBe("/secret/file of text");
  expect(notarised.says).toBe("signed and notarised");
  const signed = signing("darwin", mac, keyFile);
  expect(signed.options).toContain("-c.mac.notarize=false");
  expect(signed.says).toContain("not notarised");
});

test.each([
  ["win32", { WIN_CSC_LINK: "base64" }, "WIN_CSC_KEY_PASSWORD"],
  ["darwin", { CSC_LINK: "base64", CSC_KEY_PASSWORD: "word" }, "CSC_NAME"],
  ["darwin", { ...mac, APPLE_API_KEY: "text" }, "APPLE_API_KEY_ID, APPLE_API_ISSUER"],
  ["darwin", apple, "CSC_"],
] as const)(
  "on %s some of the keys without the others is an error that names those",
  (platform, env, missing) => {
    expect(() => signing(platform, env, keyFile)).toThrow(missing);
  },
);
