import fc from "fast-check";
import { expect, test } from "vitest";

import { autostartEntry, startsAtLogin } from "../../../electron/shell/autostart.ts";

/** As the Desktop Entry Specification says: a string is unescaped first, then cut into words, then field codes are read. */
function readExec(entry: string): string[] {
  const lines = entry.split("\n").filter((line) => line.startsWith("Exec="));
  expect(lines).toHaveLength(1);
  const escapes: Readonly<Record<string, string>> = { s: " ", n: "\n", t: "\t", r: "\r", "\\": "\\" };
  const value = (lines[0] ?? "").slice("Exec=".length).replaceAll(/\\(.?)/g, (all, letter: string) => {
    const meant = escapes[letter];
    if (meant === undefined) throw new Error(`no such escape: ${all}`);
    return meant;
  });
  const words = [...value.matchAll(/"((?:[^"\\`$]|\\["`$\\])*)"(?: |$)/gu)];
  expect(words.map(([all]) => all).join("")).toBe(value);
  return words.map(([, word = ""]) =>
    word.replaceAll(/\\(["`$\\])/g, "$1").replaceAll(/%(.?)/g, (all, code: string) => {
      if (code !== "%") throw new Error(`a field code: ${all}`);
      return "%";
    }),
  );
}

test("the app starts hidden", () => {
  expect(autostartEntry(["/opt/Carillon/carillon", "--hidden"])).toContain(
    'Exec="/opt/Carillon/carillon" "--hidden"\n',
  );
});

const path = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "$", "`", "%", "%f", " ", "\n", "\t", ";", "a") }),
);

test("any path comes back from the entry as it was", () => {
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 3 }), (command) => {
      expect(readExec(autostartEntry(command))).toEqual(command);
    }),
  );
});

const entry = autostartEntry(["/opt/Carillon/carillon", "--hidden"]);

test.each<[string, string, boolean]>([
  ["as it was written", entry, true],
  ["hidden, as KDE and XFCE turn one off", `${entry}Hidden=true\n`, false],
  ["hidden, in other spaces and lines", `${entry}Hidden = true \r\n`, false],
  ["not hidden", `${entry}Hidden=false\n`, true],
  ["turned off by GNOME", entry.replace("enabled=true", "enabled=false"), false],
  ["of which another part is hidden", `${entry}\n[Desktop Action quit]\nHidden=true\n`, true],
  ["whose comment says hidden", `# Hidden=true\n${entry}`, true],
  ["that is empty", "", false],
])("an entry %s starts the app, or not", (_, text, starts) => {
  expect(startsAtLogin(text)).toBe(starts);
});
