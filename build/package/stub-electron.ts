import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import plist from "plist";
import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import * as v from "valibot";

export const platforms = ["linux", "win32", "darwin"] as const;
export type Platform = (typeof platforms)[number];

/** As Electron's fuses: a sentence to find them by, version 1, then how many there are and the state of each. */
const WIRE = Buffer.concat([
  Buffer.from("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"),
  Buffer.from([1, 9]),
  Buffer.from("101100010"),
]);
const HELPERS = ["", " (Renderer)", " (Plugin)", " (GPU)"];
/** Names of folders of macOS; builder keeps those that it is told to. */
const LOCALES = ["en", "de"];

/** What electron-builder needs of Electron's folder, without Electron: packaging is what is looked at, and nothing of it runs. */
export function stubElectron(root: string, platform: Platform, folder: string): void {
  const put = (path: string, bytes: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes, { mode: 0o755 });
  };
  const version = electronVersion(root);
  put("version", version);
  put("LICENSE", "Electron's licence");
  put("LICENSES.chromium.html", "Chromium's licences");
  if (platform === "darwin") return stubApp(put, version);
  put(platform === "win32" ? "electron.exe" : "electron", platform === "win32" ? program() : WIRE);
  if (platform === "linux") put("chrome-sandbox", "");
  mkdirSync(join(folder, "resources"), { recursive: true });
  for (const name of ["en-US", "de"]) put(`locales/${name}.pak`, "");
}

/** The version of Electron that is packaged. */
function electronVersion(root: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(join(root, "node_modules/electron/package.json"), "utf8"),
  );
  return v.parse(v.object({ version: v.string() }), manifest).version;
}

function stubApp(put: (path: string, bytes: string | Uint8Array) => void, version: string): void {
  const info = (name: string) =>
    plist.build({
      CFBundleExecutable: name,
      CFBundleIdentifier: "com.github.Electron",
      CFBundleVersion: version,
    });
  const bundle = (path: string, name: string) => {
    put(`${path}/${name}.app/Contents/Info.plist`, info(name));
    put(`${path}/${name}.app/Contents/MacOS/${name}`, "");
  };
  bundle(".", "Electron");
  for (const kind of HELPERS) bundle("Electron.app/Contents/Frameworks", `Electron Helper${kind}`);
  const framework = "Electron.app/Contents/Frameworks/Electron Framework.framework";
  // In the real one the first is a link to the second.
  put(`${framework}/Electron Framework`, WIRE);
  for (const locale of LOCALES) {
    put(`${framework}/Versions/A/Resources/${locale}.lproj/locale.pak`, "");
    put(`Electron.app/Contents/Resources/${locale}.lproj/locale.pak`, "");
  }
}

/** A Windows program with version information and nothing to run; the fuses lie behind it. */
function program(): Buffer {
  const executable = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(executable);
  const version = Resource.VersionInfo.createEmpty();
  version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: "Electron" });
  version.outputToResourceEntries(resources.entries);
  // As a resource, since what is behind the last section is lost when resources are written.
  const wire = WIRE.buffer.slice(WIRE.byteOffset, WIRE.byteOffset + WIRE.length);
  resources.entries.push({ type: "STUB", id: "FUSES", lang: 1033, codepage: 1200, bin: wire });
  resources.outputResource(executable);
  return Buffer.from(executable.generate());
}
