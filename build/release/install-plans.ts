import { basename, join } from "node:path";

/** A program and its arguments, run without a shell. */
export type Command = readonly [program: string, ...args: string[]];

/** How an installer is tried: install, start, remove. */
export interface Plan {
  readonly install: readonly Command[];
  readonly start: Command;
  /** Added to the environment of the start. */
  readonly env?: NodeJS.ProcessEnv;
  readonly remove: readonly Command[];
  /** A file of the app that is there once it is installed and gone once it is removed. */
  readonly file: string;
}

export interface Place {
  readonly platform: NodeJS.Platform;
  /** `process.arch`. */
  readonly arch: string;
  /** A new folder, for what can be put anywhere. */
  readonly folder: string;
  readonly home: string;
  readonly root: boolean;
}

const APP_ID = "im.carillon.Carillon";

/** The plan for an installer; null for a file that is none, or is for other machines. */
export function planFor(path: string, place: Place): Plan | null {
  const name = basename(path);
  const [, arch] = /[-_.](x64|x86_64|amd64|arm64|aarch64)\b/.exec(name) ?? [];
  if (arch !== undefined && (/arm64|aarch64/.test(arch) ? "arm64" : "x64") !== place.arch) return null;
  const [, ending = ""] = /\.(\w+)$/.exec(name) ?? [];
  return kinds[`${place.platform} ${ending}`]?.(path, place) ?? null;
}

const kinds: Readonly<Record<string, (path: string, place: Place) => Plan>> = {
  // apt brings what the package depends on, so a name that is wrong is found.
  "linux deb": (path, { root }) => ({
    install: [as(root, "apt-get", "install", "--yes", path)],
    start: ["/usr/bin/carillon"],
    remove: [as(root, "apt-get", "remove", "--yes", "carillon")],
    file: "/usr/bin/carillon",
  }),
  // Fedora's names of dependencies are not Ubuntu's, on which this runs.
  "linux rpm": (path, { root }) => ({
    install: [as(root, "rpm", "--install", "--nodeps", path)],
    start: ["/usr/bin/carillon"],
    remove: [as(root, "rpm", "--erase", "carillon")],
    file: "/usr/bin/carillon",
  }),
  "linux AppImage": (path, { folder }) => {
    const file = join(folder, basename(path));
    return {
      install: [
        ["cp", path, file],
        ["chmod", "u+x", file],
      ],
      start: [file],
      // FUSE is not on every machine of CI.
      env: { APPIMAGE_EXTRACT_AND_RUN: "1" },
      remove: [["rm", file]],
      file,
    };
  },
  "linux flatpak": (path, { home }) => ({
    install: [["flatpak", "install", "--user", "--noninteractive", path]],
    start: ["flatpak", "run", APP_ID],
    remove: [["flatpak", "uninstall", "--user", "--noninteractive", APP_ID]],
    file: join(home, ".local/share/flatpak/app", APP_ID, "current"),
  }),
  "win32 exe": (path, { folder }) => ({
    install: [[path, "/S", `/D=${folder}`]],
    start: [join(folder, "Carillon.exe")],
    remove: [[join(folder, "Uninstall Carillon.exe"), "/S"]],
    file: join(folder, "Carillon.exe"),
  }),
  "win32 msi": (path, { folder }) => ({
    install: [["msiexec", "/i", path, "/qn", "/norestart", `APPLICATIONFOLDER=${folder}`]],
    start: [join(folder, "Carillon.exe")],
    remove: [["msiexec", "/x", path, "/qn", "/norestart"]],
    file: join(folder, "Carillon.exe"),
  }),
  "darwin dmg": (path, { folder }) => {
    const disk = join(folder, "disk");
    return onMac(folder, [
      ["hdiutil", "attach", "-nobrowse", "-readonly", "-mountpoint", disk, path],
      ["ditto", join(disk, "Carillon.app"), join(folder, "Carillon.app")],
      ["hdiutil", "detach", disk],
    ]);
  },
  "darwin zip": (path, { folder }) => onMac(folder, [["ditto", "-x", "-k", path, folder]]),
};

const as = (root: boolean, ...command: Command): Command => (root ? command : ["sudo", ...command]);

function onMac(folder: string, install: readonly Command[]): Plan {
  const app = join(folder, "Carillon.app");
  const file = join(app, "Contents/MacOS/Carillon");
  return { install, start: [file], remove: [["rm", "-r", app]], file };
}
