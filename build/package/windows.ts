import { NtExecutable, NtExecutableResource, Resource } from "resedit";

import { SCHEMES, differing } from "./app-id.ts";

/** What of the program's resources is not as it must be. `hash` is that of its asar's table. */
export function programFaults(exe: Buffer, { version, hash }: { version: string; hash: string }): string[] {
  const { entries } = NtExecutableResource.from(NtExecutable.from(exe));
  const [info] = Resource.VersionInfo.fromEntries(entries);
  const [language] = info?.getAllLanguagesForStringValues() ?? [];
  const words = (info && language && info.getStringValues(language)) ?? {};
  const integrity = entries.find(({ type, id }) => type === "INTEGRITY" && id === "ELECTRONASAR");
  const [icon] = Resource.IconGroupEntry.fromEntries(entries);
  return differing({
    integrity: [
      integrity && Buffer.from(integrity.bin).toString(),
      JSON.stringify([{ file: "resources\\app.asar", alg: "SHA256", value: hash }]),
    ],
    name: [words["ProductName"], "Carillon"],
    version: [words["FileVersion"], version],
    company: [words["CompanyName"], "The Carillon authors"],
    "sizes of the icon": [icon?.icons.map(({ width }) => width || 256), [16, 24, 32, 48, 64, 128, 256]],
  });
}

/** What the installer's own lines do not write into the registry, or leave there. */
export function installerFaults(script: string): string[] {
  const macro = (name: string) => new RegExp(`!macro ${name}\\b(.*?)!macroend`, "s").exec(script)?.[1] ?? "";
  const command = `"$INSTDIR\\\${APP_EXECUTABLE_FILENAME}" "--" "%1"`;
  const key = "Software\\Classes\\${SCHEME}";
  const lines: [part: string, line: string][] = [
    ["registerScheme", `"${key}" "URL Protocol" ""`],
    ["registerScheme", `"${key}\\shell\\open\\command" "" '${command}'`],
    ["forgetScheme", `$0 == '${command}'`],
    ["forgetScheme", `DeleteRegKey SHELL_CONTEXT "${key}"`],
    ["customUnInstall", '"Software\\Microsoft\\Windows\\CurrentVersion\\Run" "${APP_ID}"'],
    ...SCHEMES.flatMap((scheme): [string, string][] => [
      ["customInstall", `!insertmacro registerScheme "${scheme}"`],
      ["customUnInstall", `!insertmacro forgetScheme "${scheme}"`],
    ]),
  ];
  return lines
    .filter(([part, line]) => !macro(part).includes(line))
    .map(([part, line]) => `${part} lacks ${line}`);
}
