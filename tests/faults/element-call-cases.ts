import { cp } from "node:fs/promises";

import { expect } from "@playwright/test";

import { proxyOf } from "../stack/stack.ts";
import { callMemberType } from "../support/people.ts";
import {
  bringIn,
  closeToNowhere,
  emptyMembership,
  fireLeaves,
  kick,
  leaveRoom,
  redactMembership,
  setCallPower,
  tooMany,
  upgrade,
} from "./deeds.ts";
import type { Pair } from "./element-call-pair.ts";
import { freeze } from "./freeze.ts";

/** The same as a `Fault` of this name in the table, done to Element Call. */
interface Case {
  /** Whether Bob's page has a clock that can be put forward. */
  readonly clock?: boolean;
  run(pair: Pair): Promise<void>;
}

const HOUR_MS = 3_600_000;

export const cases: Readonly<Record<string, Case>> = {
  "5 s without the homeserver": silence(5),
  "30 s without the homeserver": silence(30),
  "120 s without the homeserver": silence(120),
  "the SFU restarts": survived((pair) => pair.stack.sfu.restart()),
  "the authorization service is down when Bob joins": {
    async run(pair) {
      const authorization = proxyOf(pair.stack, "authorization");
      await pair.bob.hangUp();
      await pair.lonely();
      // A run that was let in would still have what let it in.
      await pair.bob.close();
      await authorization.refuse();
      await pair.bobAgain();
      await pair.hit();
      await Promise.all([
        pair.bob.page.waitForEvent("requestfailed", (one) => one.url().startsWith(authorization.url)),
        pair.bob.open(pair.room),
      ]);
      await authorization.pass();
      pair.healed();
      await pair.together();
    },
  },
  "the homeserver restarts": survived((pair) => pair.stack.homeserver.restart()),
  "the homeserver says 429 with Retry-After: 2 to everything while Bob turns his camera off": {
    async run(pair) {
      const homeserver = proxyOf(pair.stack, "homeserver");
      await pair.hit();
      let refused = false;
      homeserver.answer((request) => {
        refused ||= request.startsWith("PUT ") && request.includes(callMemberType);
        return tooMany(2)(request);
      });
      await pair.bobTurnsCamera("off");
      // Once, for Element Call does not ask again.
      await expect.poll(() => refused, { intervals: [50], timeout: 60_000 }).toBe(true);
      await homeserver.pass();
      pair.healed();
      await pair.roomIsTold();
      await pair.bobTurnsCamera("on");
      await pair.together();
    },
  },
  "every byte of homeserver and SFU signalling is half a second late while Bob turns his camera off and on": {
    async run(pair) {
      const late = [proxyOf(pair.stack, "homeserver"), proxyOf(pair.stack, "sfu")];
      await pair.hit();
      for (const proxy of late) proxy.delay(500);
      await pair.bobTogglesCamera();
      for (const proxy of late) await proxy.pass();
      pair.healed();
      await pair.together();
    },
  },
  "open connections to the homeserver go dead without a word": {
    async run(pair) {
      // Longer than others, for only then does the SDK give up a sync.
      const withinMs = 120_000;
      await pair.hit();
      proxyOf(pair.stack, "homeserver").strand();
      pair.healed();
      await pair.bobTogglesCamera({ withinMs });
      await pair.bothHear(withinMs);
      await pair.together();
    },
  },
  "Bob's clock jumps ahead by an hour, and back": {
    clock: true,
    async run(pair) {
      const { clock } = pair.bob.page;
      await pair.hit();
      await clock.setSystemTime(Date.now() + HOUR_MS);
      await pair.bobTogglesCamera();
      await clock.setSystemTime(Date.now());
      await pair.bobTogglesCamera();
      pair.healed();
      await pair.together();
    },
  },
  "Bob's machine sleeps for a minute": {
    run: (pair) => sleep(pair, 60),
  },
  "Bob's machine sleeps for an hour (half a minute, and its clock goes on by an hour)": {
    clock: true,
    // It is told while it sleeps, and does it first of all.
    run: (pair) => sleep(pair, 30, () => pair.bob.page.clock.fastForward(HOUR_MS)),
  },
  "kill -9 of Bob's app, and he comes back": {
    async run(pair) {
      await pair.hit();
      pair.bob.kill();
      await comesBack(pair);
    },
  },
  "kill -9 of Bob's call window": {
    async run(pair) {
      await pair.hit();
      await pair.bob.crash();
      pair.healed();
      // He is quick: he sees at once that it is gone.
      await pair.bob.reopen();
      await pair.bob.open(pair.room);
      await pair.together();
    },
  },
  "Bob's machine loses its power, and he comes back": {
    async run(pair) {
      await pair.hit();
      freeze(pair.bob);
      await comesBack(pair, () => pair.bob.kill());
    },
  },
  "Bob's network changes: every connection is reset": survived((pair) => {
    proxyOf(pair.stack, "homeserver").reset();
    proxyOf(pair.stack, "sfu").reset();
  }),
  "Bob may no longer send call state, and again": {
    async run(pair) {
      const { alice, room } = pair;
      await pair.hit();
      await setCallPower(50, alice.person, room);
      await pair.bobTurnsCamera("off");
      await expect(alice.picture("Bob")).toHaveCount(0, { timeout: 60_000 });
      await pair.bobTurnsCamera("on");
      await alice.moves(alice.picture("Bob"));
      await setCallPower(0, alice.person, room);
      pair.healed();
      await pair.together();
    },
  },
  "Bob leaves the room on another device": isOut(({ bob, room }) => leaveRoom(bob.person, room)),
  "Bob is kicked out of the room": isOut(({ alice, bob, room }) =>
    kick(bob.person.userId, alice.person, room),
  ),
  "the room is upgraded": survived(({ alice, room }) => upgrade(alice.person, room)),
  "the room gets a tombstone that leads nowhere": survived(({ alice, room }) =>
    closeToNowhere(alice.person, room),
  ),
  "a moderator redacts Bob's membership: a kick from the call": isOut(({ alice, bob, room }) =>
    redactMembership(bob.person.userId, alice.person, room),
  ),
  "Bob's delayed leave fires while he is well": {
    async run(pair) {
      const { event_id: before } = await pair.membership();
      await pair.hit();
      await fireLeaves(pair.bob.person, pair.room);
      pair.healed();
      await pair.changed(before);
      await pair.together();
    },
  },
  "somebody else empties Bob's membership": {
    async run(pair) {
      const { alice, bob, room } = pair;
      const carol = await pair.person("carol");
      await bringIn(carol, alice.person, room);
      const { event_id: before } = await pair.membership();
      await pair.hit();
      await emptyMembership(bob.person.userId, carol, room);
      pair.healed();
      await pair.changed(before);
      await pair.together();
    },
  },
  "a copy of Bob's app with the same device joins the call": {
    async run(pair) {
      const { bob } = pair;
      const profile = `${bob.profile}-copy`;
      await cp(bob.profile, profile, { recursive: true, filter: (path) => !/\/Singleton/.test(path) });
      pair.others.push(bob);
      pair.bob = await pair.copyOfBob(profile);
      await pair.hit();
      await pair.bob.open(pair.room);
      pair.healed();
      await pair.together();
    },
  },
};

function silence(seconds: number): Case {
  return survived(async (pair) => {
    const homeserver = proxyOf(pair.stack, "homeserver");
    homeserver.stall();
    await lasts(seconds);
    await homeserver.pass();
  });
}

/** Afterwards both should be together. */
function survived(fault: (pair: Pair) => Promise<unknown> | void): Case {
  return {
    async run(pair) {
      await pair.hit();
      await fault(pair);
      pair.healed();
      await pair.together();
    },
  };
}

/** Afterwards Bob should be out of the call. */
function isOut(fault: (pair: Pair) => Promise<unknown>): Case {
  return {
    async run(pair) {
      await pair.hit();
      await fault(pair);
      pair.healed();
      await pair.alone();
    },
  };
}

async function sleep(pair: Pair, seconds: number, onWake = async () => {}): Promise<void> {
  await pair.hit();
  const wake = freeze(pair.bob);
  await lasts(seconds);
  const woken = onWake();
  wake();
  pair.healed();
  await woken;
  await pair.together();
}

/** Once others have given Bob up. */
async function comesBack(pair: Pair, before = () => {}): Promise<void> {
  await pair.lonely();
  before();
  await pair.bobAgain();
  pair.healed();
  await pair.bob.open(pair.room);
  await pair.together();
}

/** How long it lasts is what the fault is. */
const lasts = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
