import { cp } from "node:fs/promises";

import { expect } from "@playwright/test";

import { proxyOf } from "../stack/stack.ts";
import { App } from "../support/app.ts";
import { moves, movesIn } from "../support/call-window.ts";
import { Desktop } from "../support/desktop.ts";
import {
  bringIn,
  closeToNowhere,
  emptyMembership,
  fireLeaves,
  kick,
  leaveRoom,
  membershipOf,
  redactMembership,
  setCallPower,
  tooMany,
  upgrade,
} from "./deeds.ts";
import { freeze } from "./freeze.ts";
import type { Scene } from "./scene.ts";

/** Something that goes wrong in a call of Alice and Bob, mostly at Bob's. */
export interface Fault {
  /** What happens, as the table names it. */
  readonly name: string;
  /** Brings it about, ends it where it ends, and waits until all is well again or Bob is out for good. */
  run(scene: Scene): Promise<void>;
  /** What Bob must be told. */
  readonly userSees?: RegExp;
  /** What Alice must be told of Bob. */
  readonly othersSee?: RegExp;
}

const LOST = /connection/i;

export const faults: readonly Fault[] = [
  silence(5),
  silence(30),
  { ...silence(120), userSees: /homeserver/ },
  {
    name: "the SFU restarts",
    userSees: /Reconnecting/,
    async run(scene) {
      await scene.hit();
      await scene.lane.stack.sfu.restart();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "the authorization service is down when Bob joins",
    userSees: /call server/,
    async run(scene) {
      const authorization = proxyOf(scene.lane.stack, "authorization");
      await scene.bobLeaves();
      // A run that was let in would still have what let it in.
      await scene.lane.bob.app.close();
      await authorization.refuse();
      await scene.lane.bobAgain();
      await scene.hit();
      await scene.bobReturns();
      await expect(scene.called.getByText(/^The call server cannot be reached/)).toBeVisible();
      await authorization.pass();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "the homeserver restarts",
    async run(scene) {
      await scene.hit();
      await scene.lane.stack.homeserver.restart();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "the homeserver says 429 with Retry-After: 2 to everything while Bob turns his camera off",
    async run(scene) {
      const homeserver = proxyOf(scene.lane.stack, "homeserver");
      await scene.hit();
      homeserver.answer(tooMany(2));
      const refused = scene.bobLogs(/membership request failed.*join.*rate-limited/, 2);
      await scene.called.getByRole("button", { name: "Turn camera off" }).click();
      await refused;
      await homeserver.pass();
      scene.healed();
      await expect.poll(async () => (await ofBob(scene)).content["m.call.intent"]).toBe("audio");
      await scene.called.getByRole("button", { name: "Turn camera on" }).click();
      await scene.together();
    },
  },
  {
    name: "every byte of homeserver and SFU signalling is half a second late while Bob turns his camera off and on",
    async run(scene) {
      const late = [proxyOf(scene.lane.stack, "homeserver"), proxyOf(scene.lane.stack, "sfu")];
      await scene.hit();
      for (const proxy of late) proxy.delay(500);
      await scene.bobTogglesCamera();
      for (const proxy of late) await proxy.pass();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "open connections to the homeserver go dead without a word",
    async run(scene) {
      await scene.hit();
      proxyOf(scene.lane.stack, "homeserver").strand();
      scene.healed();
      await scene.bobTogglesCamera();
      await scene.bothHear();
      await scene.together();
    },
  },
  {
    name: "Bob's clock jumps ahead by an hour, and back",
    async run(scene) {
      await scene.hit();
      await scene.skewBob(3_600_000);
      await scene.bobTogglesCamera();
      await scene.skewBob(0);
      await scene.bobTogglesCamera();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "Bob's machine sleeps for a minute",
    othersSee: LOST,
    run: (scene) => sleep(scene, 60, 0),
  },
  {
    name: "Bob's machine sleeps for an hour (half a minute, and its clock goes on by an hour)",
    othersSee: LOST,
    run: (scene) => sleep(scene, 30, 3_600_000),
  },
  {
    name: "kill -9 of Bob's app, and he comes back",
    othersSee: LOST,
    async run(scene) {
      await scene.hit();
      await scene.lane.bob.app.kill();
      await scene.alone();
      await scene.lane.bobAgain();
      scene.healed();
      await scene.bobReturns();
      await scene.together();
    },
  },
  {
    name: "kill -9 of Bob's call window",
    async run(scene) {
      const { app } = scene.lane.bob;
      const window = await app.electron.browserWindow(scene.called);
      const gone = window.evaluate(
        ({ webContents }) =>
          new Promise<void>((resolve) => webContents.once("render-process-gone", () => resolve())),
      );
      await scene.hit();
      await window.evaluate(({ webContents }) => webContents.forcefullyCrashRenderer());
      await gone;
      scene.bobSees = (frames) => movesIn(window, "Alice", frames);
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "Bob's machine loses its power, and he comes back",
    othersSee: LOST,
    async run(scene) {
      const { app } = scene.lane.bob;
      await scene.hit();
      freeze(app);
      await scene.alone();
      await app.kill();
      await scene.lane.bobAgain();
      scene.healed();
      await scene.bobReturns();
      await scene.together();
    },
  },
  {
    name: "Bob's network changes: every connection is reset",
    async run(scene) {
      await scene.hit();
      proxyOf(scene.lane.stack, "homeserver").reset();
      proxyOf(scene.lane.stack, "sfu").reset();
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "Bob may no longer send call state, and again",
    async run(scene) {
      const { alice } = scene.lane;
      await scene.hit();
      await setCallPower(50, alice.person, scene.room);
      await scene.bobTogglesCamera({ told: false });
      await moves(scene.calling, "Bob", 5);
      await setCallPower(0, alice.person, scene.room);
      scene.healed();
      await scene.together();
      expect(alice.app.roles()).toContain("call");
    },
  },
  {
    name: "Bob leaves the room on another device",
    userSees: /no longer in this room/,
    async run(scene) {
      await scene.hit();
      await leaveRoom(scene.lane.bob.person, scene.room);
      scene.healed();
      await scene.alone();
    },
  },
  {
    name: "Bob is kicked out of the room",
    userSees: /no longer in this room/,
    async run(scene) {
      await scene.hit();
      await kick(scene.lane.bob.person.userId, scene.lane.alice.person, scene.room);
      scene.healed();
      await scene.alone();
    },
  },
  {
    name: "the room is upgraded",
    async run(scene) {
      await scene.hit();
      await upgrade(scene.lane.alice.person, scene.room);
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "the room gets a tombstone that leads nowhere",
    async run(scene) {
      await scene.hit();
      await closeToNowhere(scene.lane.alice.person, scene.room);
      scene.healed();
      await scene.together();
    },
  },
  {
    name: "a moderator redacts Bob's membership: a kick from the call",
    userSees: /removed you from the call/,
    async run(scene) {
      const { alice, bob } = scene.lane;
      await scene.hit();
      await redactMembership(bob.person.userId, alice.person, scene.room);
      scene.healed();
      await scene.alone();
    },
  },
  {
    name: "Bob's delayed leave fires while he is well",
    async run(scene) {
      const { event_id: before } = await ofBob(scene);
      await scene.hit();
      await fireLeaves(scene.lane.bob.person, scene.room);
      scene.healed();
      await expect.poll(async () => (await ofBob(scene)).event_id).not.toBe(before);
      await scene.together();
    },
  },
  {
    name: "somebody else empties Bob's membership",
    async run(scene) {
      const { lane, room } = scene;
      const carol = await lane.person("carol");
      await bringIn(carol, lane.alice.person, room);
      const { event_id: before } = await ofBob(scene);
      await scene.hit();
      await emptyMembership(lane.bob.person.userId, carol, room);
      scene.healed();
      await expect.poll(async () => (await ofBob(scene)).event_id).not.toBe(before);
      await scene.together();
    },
  },
  {
    name: "a copy of Bob's app with the same device joins the call",
    userSees: /another copy of the app/,
    async run(scene) {
      const { lane, name } = scene;
      const { app, person } = lane.bob;
      const profile = `${app.profile}-copy`;
      await cp(app.profile, profile, {
        recursive: true,
        filter: (path) => !/\.lock$|\/Singleton/.test(path),
      });
      const copy = await App.launch({ profile });
      scene.copy = copy;
      await scene.hit();
      const home = await copy.window("home");
      await home
        .getByRole("button", { name: `Join call in ${name}` })
        .first()
        .click();
      const called = await copy.window("call");
      await called.getByRole("button", { name: "Join call" }).click();
      scene.healed();
      await scene.keepSight();
      scene.bobSees = (frames) => moves(called, "Alice", frames);
      await scene.together();
      await expect(scene.called.getByText(/another copy of the app/)).toBeVisible();
      await scene.keepSight();
      expect((await scene.truth()).members.filter((one) => one.startsWith(person.userId))).toHaveLength(1);
      await copy.end();
      await scene.alone();
    },
  },
];

/** Picture and sound go on without the homeserver, and afterwards both are members. */
function silence(seconds: number): Fault {
  return {
    name: `${seconds} s without the homeserver`,
    async run(scene) {
      const homeserver = proxyOf(scene.lane.stack, "homeserver");
      await scene.hit();
      homeserver.stall();
      try {
        const until = Date.now() + seconds * 1000;
        while (Date.now() < until)
          await Promise.all([moves(scene.calling, "Bob", 10), moves(scene.called, "Alice", 10)]);
      } finally {
        await homeserver.pass();
      }
      scene.healed();
      await scene.together();
    },
  };
}

async function sleep(scene: Scene, seconds: number, skewMs: number): Promise<void> {
  const { bob } = scene.lane;
  if (skewMs > 0) await scene.skewBob(skewMs, 5_000);
  await scene.hit();
  const wake = freeze(bob.app);
  try {
    // How long it sleeps is what the fault is.
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  } finally {
    wake();
  }
  await new Desktop(bob.app).power("resume");
  scene.healed();
  await scene.together();
  await scene.skewBob(0);
}

/** Bob's membership as it stands. */
const ofBob = ({ lane, room }: Scene) => membershipOf(lane.bob.person.userId, lane.alice.person, room);
