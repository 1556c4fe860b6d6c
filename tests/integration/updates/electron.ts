import { EventEmitter } from "node:events";
import { request } from "node:http";
import { registerHooks } from "node:module";

/** What electron-updater needs of Electron, for a packaged app of version 0.1.0 in plain Node: its real code does the rest. */
const electron = {
  app: Object.assign(new EventEmitter(), {
    isPackaged: true,
    version: "0.1.0",
    userData: "",
    whenReady: async () => {},
    getVersion: () => electron.app.version,
    getName: () => "Carillon",
    getPath: () => electron.app.userData,
    quit: () => {},
  }),
  session: { fromPartition: () => ({}) },
  net: { request },
  autoUpdater: new EventEmitter(),
};

export type StandInApp = typeof electron.app;

/** Answers `electron` for whoever asks from now on. */
export function standIn(): StandInApp {
  // Seam: the module below can reach this one's objects by the global object alone.
  Object.assign(globalThis, { updateElectron: electron });
  const source = "module.exports = globalThis.updateElectron";
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "electron"
        ? { url: "stand-in:electron", format: "commonjs", shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === "stand-in:electron" ? { format: "commonjs", source, shortCircuit: true } : next(url, context),
  });
  return electron.app;
}
