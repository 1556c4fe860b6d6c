import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as v from "valibot";

import { updateModes } from "../../shared/updates/updates.ts";

/** More is no settings file. */
const MAX_BYTES = 64 * 1024;

const address = (...protocols: readonly string[]) =>
  v.pipe(
    v.string(),
    v.maxLength(1024),
    v.check(
      (text) => {
        const url = URL.parse(text);
        // A password would be readable for everybody who uses this computer.
        return url !== null && protocols.includes(url.protocol) && !url.username && !url.password;
      },
      `an address with ${protocols.join(" or ")}`,
    ),
  );

/** docs/companies.md is the manual of this. */
const policy = v.strictObject({
  homeserver: v.exactOptional(
    v.pipe(v.string(), v.maxLength(255), v.regex(/^(https:\/\/)?[a-z\d]([a-z\d.-]*[a-z\d])?(:\d{1,5})?$/i)),
  ),
  homeserverOnly: v.exactOptional(v.boolean()),
  proxy: v.exactOptional(
    v.union([
      v.strictObject({
        server: v.pipe(
          address("http:", "https:", "socks5:"),
          v.regex(/^[a-z\d]+:\/\/[^/?#;,]+\/?$/i, "host and port alone"),
        ),
        bypass: v.exactOptional(
          v.pipe(
            v.array(v.pipe(v.string(), v.maxLength(255), v.regex(/^[\w.*:/<>[\]-]+$/))),
            v.maxLength(200),
          ),
        ),
      }),
      v.strictObject({ pac: address("https:", "http:") }),
    ]),
  ),
  updates: v.exactOptional(v.picklist(updateModes)),
});

/** What a company has set for all who use the computer. */
export type Policy = Readonly<v.InferOutput<typeof policy>>;

/** Where the system keeps settings that its administrator alone may write. `own` names another file, for tests. */
export function policyFile(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, own: boolean): string {
  const named = env["CARILLON_POLICY"];
  if (own && named) return named;
  switch (platform) {
    case "win32":
      return join(env["ProgramData"] || "C:\\ProgramData", "Carillon", "policy.json");
    case "darwin":
      return "/Library/Application Support/Carillon/policy.json";
    default:
      return "/etc/carillon/policy.json";
  }
}

/** Reads the file, at the start and never again. Nothing of one that cannot be used holds; `problem` then says why, for the log. */
export function readPolicy(file: string): { readonly policy: Policy; readonly problem: string | null } {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_BYTES) throw new Error("too long");
    // Windows' editors put a mark before the text.
    const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
    return { policy: v.parse(policy, JSON.parse(text)), problem: null };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return { policy: {}, problem: null };
    const where = v.isValiError(error) ? ` at ${v.getDotPath(error.issues[0]) ?? "its top"}` : "";
    return {
      policy: {},
      problem: `${file}${where}: ${error instanceof Error ? error.message : "unreadable"}`,
    };
  }
}

/** Chromium's switches for it: they hold for all of the app's requests, its windows' and its own. */
export function proxySwitches({ proxy }: Policy): readonly (readonly [name: string, value: string])[] {
  if (proxy === undefined) return [];
  if ("pac" in proxy) return [["proxy-pac-url", proxy.pac]];
  const server = ["proxy-server", proxy.server.replace(/\/$/, "")] as const;
  return proxy.bypass?.length ? [server, ["proxy-bypass-list", proxy.bypass.join(";")]] : [server];
}
