import { APP_ID, SCHEMES, at, differing } from "./app-id.ts";

/** A desktop entry's groups of keys. */
function readEntry(text: string): Record<string, Record<string, string>> {
  const groups: Record<string, Record<string, string>> = {};
  let group: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) groups[name] = group = {};
    else if (key !== undefined && value !== undefined) group[key] = value;
  }
  return groups;
}

/** What of a desktop entry, and its file's name, is not as it must be. */
export function entryFaults(name: string, text: string): string[] {
  const entry = readEntry(text);
  const program = "/opt/Carillon/carillon";
  const of = (key: string) => at(entry, "Desktop Entry", key);
  const action = (id: string, key: string) => at(entry, `Desktop Action ${id}`, key);
  return differing({
    name: [name, `${APP_ID}.desktop`],
    StartupWMClass: [of("StartupWMClass"), APP_ID],
    Exec: [of("Exec"), `${program} %U`],
    Icon: [of("Icon"), "carillon"],
    Categories: [of("Categories"), "Network;Telephony;VideoConference;"],
    MimeType: [of("MimeType"), SCHEMES.map((scheme) => `x-scheme-handler/${scheme};`).join("")],
    Actions: [of("Actions"), "new-call;quit;"],
    "the action new-call": [action("new-call", "Exec"), `${program} --new-call`],
    "the action quit": [action("quit", "Exec"), `${program} --quit`],
    "names of actions": [
      [action("new-call", "Name"), action("quit", "Name")],
      ["New call", "Quit"],
    ],
  });
}

/** What Electron links to or loads, and builder's own list leaves out. */
const LEFT_OUT = {
  deb: ["libgbm1", "libasound2t64 | libasound2"],
  rpm: ["(mesa-libgbm or libgbm1)", "(alsa-lib or libasound2)"],
};

/** What of a package's dependencies or places is not as it must be. */
export function packageFaults(
  kind: "deb" | "rpm",
  { depends, places }: { readonly depends: readonly string[]; readonly places: readonly string[] },
): string[] {
  const needed = [
    "/opt/Carillon/resources/app.asar",
    `/usr/share/applications/${APP_ID}.desktop`,
    "/usr/share/icons/hicolor/512x512/apps/carillon.png",
    "/usr/share/icons/hicolor/16x16/apps/carillon.png",
  ];
  return [
    ...LEFT_OUT[kind].filter((one) => !depends.includes(one)).map((one) => `it does not ask for ${one}`),
    ...(kind === "deb" ? needed : needed.slice(1))
      .filter((place) => !places.includes(place))
      .map((place) => `nothing lies at ${place}`),
    ...places
      .filter((place) => !/^\/(opt\/Carillon|usr\/share\/(applications|icons\/hicolor))(\/|$)/.test(place))
      .map((place) => `${place} is no place for it`),
  ];
}
