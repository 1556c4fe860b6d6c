import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { extractAll } from "@electron/asar";

import { electronBinary } from "../../build/electron-binary.ts";
import { buildDeb } from "../package/builds.ts";
import { Debian } from "../package/debian.ts";
import { hears } from "../support/call-window.ts";
import { freshName, makeRoom, signUp } from "../support/people.ts";
import { connect, expect, test, type Caller } from "./fixtures.ts";

test("a deb is installed, holds a call, and is removed but for what belongs to its users", async ({
  stack,
  launch,
}) => {
  test.skip(process.platform !== "linux", "debs are Linux's");
  const folder = await mkdtemp(join(tmpdir(), "carillon-deb-"));
  try {
    const debian = new Debian(join(folder, "debian"));
    const before = debian.contents();
    debian.install(await buildDeb(folder));
    const installed = debian.contents();
    for (const path of [
      "opt/Carillon/carillon",
      "usr/bin/carillon",
      "usr/share/applications/im.carillon.Carillon.desktop",
    ])
      expect(installed).toContain(path);

    // The binary inside is a stub, in whose place Electron runs what was installed; the stand-in reads no asar.
    const asar = join(folder, "debian/opt/Carillon/resources/app.asar");
    const unpacked = join(folder, "app");
    extractAll(asar, unpacked);
    const run = electronBinary().standIn ? unpacked : asar;
    const people = [
      await signUp(stack.homeserver, freshName("alice")),
      await signUp(stack.homeserver, freshName("bob")),
    ] as const;
    await makeRoom(people[0], [people[1]], { direct: true });
    const [alice, bob] = await Promise.all(
      people.map(async (person): Promise<Caller> => {
        const app = await launch({ app: run });
        return { person, app, home: await app.signIn(stack.homeserver.url, person.name, person.password) };
      }),
    );
    if (!alice || !bob) throw new Error("two people have two apps");
    const { calling, called } = await connect(alice, bob);
    await Promise.all([hears(calling), hears(called)]);
    // As "Quit" in the desktop's menu does.
    const gone = alice.app.electron.waitForEvent("close");
    await promisify(execFile)(electronBinary().path, [
      run,
      `--user-data-dir=${alice.app.profile}`,
      "--no-sandbox",
      "--quit",
    ]);
    await gone;
    await bob.app.close();

    debian.remove("carillon");
    expect(debian.contents()).toEqual(before);
    for (const { app } of [alice, bob]) expect(existsSync(join(app.profile, "carillon.db"))).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
