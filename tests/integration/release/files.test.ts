import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { asarFacts } from "../../../build/release/asar.ts";
import { manifest } from "../../../build/release/manifest.ts";
import { runScript } from "./run-script.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carillon-release-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe("the tag", () => {
  test("passes as the version of package.json", async () => {
    await runScript("check-tag.ts", [`v${manifest.version}`]);
  });

  test.each([`${manifest.version}`, `v${manifest.version}-beta.1`, "v", ""])("fails as %j", async (tag) => {
    await expect(runScript("check-tag.ts", [tag])).rejects.toThrow(`v${manifest.version}`);
  });
});

describe("the sums", () => {
  const [tool, ...options] = ["sha256sum", "--check", "--strict", "SHA256SUMS"] as const;
  const check = () => execFileSync(tool, options, { cwd: folder });

  test("are what sha256sum checks, of all files and the same at the second time", async () => {
    put("carillon.deb", "a package");
    put("latest-linux.yml", "version: 1.2.3");
    await runScript("sums.ts", [folder]);
    const first = readFileSync(join(folder, "SHA256SUMS"), "utf8");
    expect(first.match(/^[0-9a-f]{64}  \S+$/gm)).toHaveLength(2);
    check();
    await runScript("sums.ts", [folder]);
    expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).toBe(first);
  });

  test("do not fit a file that was changed afterwards", async () => {
    put("carillon.deb", "a package");
    await runScript("sums.ts", [folder]);
    put("carillon.deb", "another package");
    expect(check).toThrow("1 computed checksum did NOT match");
  });

  test("of nothing are an error", async () => {
    await expect(runScript("sums.ts", [folder])).rejects.toThrow("nothing to sum");
  });
});

describe("the release's text", () => {
  test("says the hash of each app.asar, and how the installers are signed", async () => {
    put("dist/linux-unpacked/resources/app.asar", "the app");
    put("dist/mac-universal/Carillon.app/Contents/Resources/app.asar", "the app");
    const hash = createHash("sha256").update("the app").digest("hex");
    const facts = await asarFacts(join(folder, "dist"));
    expect(facts).toBe(
      `  - app.asar of linux-unpacked: \`sha256:${hash}\`\n  - app.asar of mac-universal: \`sha256:${hash}\`\n`,
    );
    put("facts/b.md", `- linux-x64: not signed\n${facts}`);
    put("facts/a.md", "- windows: signed\n");
    const text = await runScript("notes.ts", [join(folder, "facts")]);
    expect(text).toContain("npm run verify-release");
    expect(text.endsWith(`- windows: signed\n- linux-x64: not signed\n${facts}`)).toBe(true);
  });

  test("is not written without facts, nor facts without an app", async () => {
    await expect(runScript("notes.ts", [folder])).rejects.toThrow("no facts");
    await expect(asarFacts(folder)).rejects.toThrow("no app.asar");
  });
});
