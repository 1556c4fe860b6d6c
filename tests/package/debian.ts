import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the scripts in a deb run. */
const PROGRAMS = [
  "/bin/bash",
  "/bin/ln",
  "/bin/rm",
  "/bin/chmod",
  "/bin/readlink",
  "/usr/bin/update-alternatives",
];
const FOLDERS = [
  "var/lib/dpkg/info",
  "var/lib/dpkg/updates",
  "var/lib/dpkg/alternatives",
  "var/log",
  "etc/alternatives",
  "usr/bin",
  "tmp",
  "dev",
];

/** A Debian in a folder, just large enough that dpkg installs a package into it and its scripts run; needs root, or to be it in a namespace. */
export class Debian {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const path of FOLDERS) mkdirSync(join(folder, path), { recursive: true });
    for (const file of ["status", "available"]) writeFileSync(join(folder, "var/lib/dpkg", file), "");
    writeFileSync(join(folder, "dev/null"), "");
    for (const program of PROGRAMS) {
      this.#take(program);
      for (const [library] of execFileSync("ldd", [program]).toString().matchAll(/\/\S+/g))
        this.#take(library);
    }
  }

  #take(path: string): void {
    const to = join(this.#folder, path);
    mkdirSync(dirname(to), { recursive: true });
    if (!existsSync(to)) cpSync(realpathSync(path), to);
  }

  /** What the package needs of a desktop is not here. */
  install(deb: string): void {
    this.#dpkg("--force-depends", "--install", deb);
  }

  remove(name: string): void {
    this.#dpkg("--remove", name);
  }

  #dpkg(...args: string[]): void {
    const [program = "", ...all] = [
      ...(process.getuid?.() === 0 ? [] : ["unshare", "--map-root-user"]),
      "dpkg",
      `--root=${this.#folder}`,
      "--force-not-root",
      ...args,
    ];
    // The programs lie where they lie here.
    const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
    execFileSync(program, all, { stdio: "pipe", env: { PATH, SHELL: "/bin/bash" } });
  }

  /** Everything in it but what dpkg notes down for itself. */
  contents(): string[] {
    return readdirSync(this.#folder, { recursive: true, encoding: "utf8" })
      .filter((path) => !/^var\/(lib\/dpkg|log)\//.test(path))
      .toSorted();
  }
}
