import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** A program and what it is told. */
export type Step = readonly [tool: string, ...args: string[]];

/** How installers are taken apart without being run: none of them is trusted yet. Null for what none of our tools opens. */
export function stepsFor(file: string, folder: string): readonly Step[] | null {
  const [, ending] = /\.(deb|rpm|appimage|zip|exe|msi|dmg)$/i.exec(file) ?? [];
  switch (ending?.toLowerCase()) {
    case "deb":
      return [["dpkg-deb", "--extract", file, folder]];
    case "rpm":
      return [["bsdtar", "-xf", file, "-C", folder]];
    case "zip":
      return [["unzip", "-q", file, "-d", folder]];
    case "appimage":
      return [["unsquashfs", "-quiet", "-force", "-offset", String(programEnd(file)), "-dest", folder, file]];
    case "exe":
      // The installer holds an archive.
      return [
        ["7z", "x", "-y", `-o${folder}`, file],
        ["7z", "x", "-y", `-o${join(folder, "app")}`, join(folder, "$PLUGINSDIR", archiveIn(file))],
      ];
    case "dmg":
      return [["7z", "x", "-y", `-o${folder}`, file]];
    case "msi":
      return [["msiextract", "--directory", folder, file]];
    default:
      return null;
  }
}

const archiveIn = (file: string): string => (/arm64/.test(basename(file)) ? "app-arm64.7z" : "app-64.7z");

/** Where an AppImage's files begin: behind the program that it starts with, which ends with the table of its sections. */
export function programEnd(file: string): number {
  const head = Buffer.alloc(64);
  const handle = openSync(file, "r");
  readSync(handle, head, 0, head.length, 0);
  closeSync(handle);
  if (head.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") throw new Error(`${file} is no AppImage`);
  return Number(head.readBigUInt64LE(40)) + head.readUInt16LE(58) * head.readUInt16LE(60);
}

/** Every app.asar of an installer, of a folder where one was installed, or the file itself; throws where there is none. */
export function asarsOf(path: string, folder: string): string[] {
  if (basename(path) === "app.asar") return [path];
  const isFolder = statSync(path).isDirectory();
  if (!isFolder) {
    mkdirSync(folder, { recursive: true });
    takeApart(path, folder);
  }
  const found = readdirSync(isFolder ? path : folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === "app.asar" && entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  if (found.length === 0) throw new Error(`there is no app.asar in ${path}`);
  return found;
}

function takeApart(file: string, folder: string): void {
  const steps = stepsFor(file, folder);
  if (!steps)
    throw new Error(`${file} cannot be taken apart here: install it, and name the folder that it is in`);
  for (const [tool, ...args] of steps)
    try {
      execFileSync(tool, args, { stdio: ["ignore", "ignore", "pipe"] });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        throw new Error(`${tool} is needed to take ${file} apart`, { cause: error });
      throw error;
    }
}
