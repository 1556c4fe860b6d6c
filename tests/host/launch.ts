import { createRequire } from "node:module";

/** How this instance was started; `boot.ts` fills it in before anything else runs. */
export const launch = {
  executable: "",
  /** The folder of the app's package.json. */
  folder: process.cwd(),
  name: "Electron",
  version: "0.0.0",
  /** Chromium's switches, from the command line and `app.commandLine`. */
  switches: new Map<string, string>(),
};

/** The version that the project declares, so that both sides of a comparison agree. */
export const electronVersion: string = createRequire(import.meta.url)("electron/package.json").version;

export const headful = process.env["HOST_HEADFUL"] === "1";

/** `--name=value`, `--name` */
export function addSwitch(text: string): void {
  const [, name, value = ""] = /^--([^=]+)=?(.*)$/s.exec(text) ?? [];
  if (name !== undefined) setSwitch(name, value);
}

export function setSwitch(name: string, value: string): void {
  const before = launch.switches.get(name);
  // Chromium obeys the last one only; Electron's own list must not be lost to the app's.
  const adds = /^(en|dis)able-features$/.test(name) && before;
  launch.switches.set(name, adds ? `${before},${value}` : value);
}
