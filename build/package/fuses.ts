import { FuseV1Options } from "@electron/fuses";

import { at, differing } from "./app-id.ts";

/** As characters: 1 and 0. */
export const [ON, OFF] = [0x31, 0x30];

const WANTED = {
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
};

/** Which of a binary's fuses, as `getCurrentFuseWire` reads them, is not set so that it runs this app and nothing else. */
export const fuseFaults = (wire: unknown): string[] =>
  differing(
    Object.fromEntries(
      Object.entries(WANTED).map(([name, on]) => [
        name,
        [at(wire, String(FuseV1Options[name as keyof typeof WANTED])), on ? ON : OFF],
      ]),
    ),
  );
