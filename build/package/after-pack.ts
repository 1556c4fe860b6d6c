import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import plist from "plist";
import * as v from "valibot";

/** What electron-builder says of a folder that it has just filled. */
interface Packed {
  readonly appOutDir: string;
  readonly electronPlatformName: string;
  readonly packager: { readonly appInfo: { readonly productFilename: string } };
}

/**
 * Builder lets apps on macOS load everything without TLS, whatever the configuration says, for Electron's updater, which
 * is served on this machine: that alone stays allowed.
 */
export function afterPack({ appOutDir, electronPlatformName, packager }: Packed): void {
  if (electronPlatformName !== "darwin") return;
  const file = join(appOutDir, `${packager.appInfo.productFilename}.app`, "Contents/Info.plist");
  const info = v.parse(v.record(v.string(), v.unknown()), plist.parse(readFileSync(file, "utf8")));
  info["NSAppTransportSecurity"] = { NSAllowsArbitraryLoads: false, NSAllowsLocalNetworking: true };
  writeFileSync(file, plist.build(info));
}
