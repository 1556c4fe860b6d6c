import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import { signals } from "../../../electron/matrix/signals.ts";
import type { OwnNotification, Signals } from "../../../electron/rtc/ports.ts";
import type { EventId, RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { CallSignal } from "../../../shared/rtc/notification.ts";
import { startFaultProxy } from "../../stack/fault-proxy.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import type { MatrixEvent } from "../../support/matrix-request.ts";
import {
  callMemberType,
  freshName,
  makeRoom,
  redact,
  sendEvent,
  sendState,
  signUp,
  stateOf,
  type Person,
  type RoomOptions,
} from "../../support/people.ts";
import { signInParts } from "../../support/signed-in.ts";
import { SOON } from "../../support/main-processes.ts";

let stack: Stack;
const phones: { quit(): Promise<void>; remove(): Promise<void> }[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());
afterEach(async () => {
  for (const phone of phones.splice(0)) {
    await phone.quit();
    await phone.remove();
  }
});

const CALL_NOTIFY = "org.matrix.msc4075.call.notify";
const MESSAGE = "m.room.message";
const STICKY = "org.matrix.msc4354";

/** Two in a direct room; `member` stands for the member event, which the server must know. */
async function couple(options: RoomOptions = {}) {
  const [alice, bob] = await Promise.all([
    signUp(stack.homeserver, freshName("alice")),
    signUp(stack.homeserver, freshName("bob")),
  ]);
  const room = (await makeRoom(alice, [bob], { direct: true, ...options })) as RoomId;
  const [first] = await stateOf(alice, room, "m.room.create");
  return { alice, bob, room, member: first?.event_id as EventId };
}

type Phone = Awaited<ReturnType<typeof signIn>>;

/** A device with nothing on it but the signals, and all that it heard with when it did. */
async function signIn(
  person: Person,
  { url, fetch, folder }: { url?: string; fetch?: typeof globalThis.fetch; folder?: string } = {},
) {
  const heard: CallSignal[] = [];
  const heardAt: number[] = [];
  let port: Signals | null = null;
  const parts = await signInParts({
    ...(folder && { folder }),
    ...(fetch && { fetch }),
    onOpen: ({ client }) => {
      port = signals(client, parts.log);
      const stop = port.onSignal((signal) => {
        heard.push(signal);
        heardAt.push(Date.now());
      });
      return () => Promise.resolve(stop());
    },
  });
  if (folder) await parts.signIn.restore();
  else await parts.signIn.login(url ?? person.homeserver.url, person.name, person.password);
  const phone = {
    ...parts,
    person,
    heard,
    heardAt,
    user: person.userId as UserId,
    get client() {
      return parts.signIn.required.client;
    },
    get signals(): Signals {
      if (!port) throw new Error("nobody is signed in");
      return port;
    },
    /** As a quit; the folder stays for another start. */
    async end() {
      phones.splice(phones.indexOf(phone), 1);
      await parts.quit();
    },
    until: (signal: object) =>
      vi.waitFor(() => expect(heard).toContainEqual(expect.objectContaining(signal)), SOON),
  };
  phones.push(phone);
  return phone;
}

/** Until this one's client can encrypt for the other's device. */
const knows = (one: Phone, other: Phone) =>
  vi.waitFor(async () => {
    const devices = await one.client.getCrypto()?.getUserDeviceInfo([other.user], true);
    expect([...(devices?.get(other.user)?.keys() ?? [])]).toContain(other.client.getDeviceId());
  }, SOON);
const isIn = (phone: Phone, room: RoomId) =>
  vi.waitFor(() => expect(phone.client.getRoom(room)?.getMyMembership()).toBe("join"), SOON);

const ringing = (member: EventId, ...ring: UserId[]): OwnNotification => ({ member, ring, intent: "video" });
const onServer = (asking: Person, room: RoomId, id: EventId) =>
  asking.request<MatrixEvent & { msc4354_sticky?: { duration_ms: number } }>(
    "GET",
    `/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(id)}`,
  );
const content = (member: EventId, ...users: string[]) => ({
  "m.mentions": { user_ids: users, room: false },
  notification_type: "ring",
  "m.relates_to": { rel_type: "m.reference", event_id: member },
  sender_ts: Date.now(),
  lifetime: 90_000,
  "m.call.intent": "audio",
});
const RTC = "org.matrix.msc4075.rtc.notification";

/** A network that changes the answers to the requests whose path ends so. */
const changing =
  (path: string, change: (answer: never) => unknown): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await globalThis.fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return response.ok && pathname.endsWith(path)
      ? Response.json(change((await response.json()) as never))
      : response;
  };
/** A server without sticky events, as far as it says. */
const unsticky = changing("/versions", (versions: { unstable_features: Record<string, boolean> }) => ({
  ...versions,
  unstable_features: { ...versions.unstable_features, [STICKY]: false },
}));

test("a ring in an encrypted direct room comes decrypted, once, and sticky", async () => {
  const people = await couple();
  const [alice, bob] = [await signIn(people.alice), await signIn(people.bob)];
  await knows(alice, bob);

  const own = await alice.signals.notify(people.room, ringing(people.member, bob.user));
  expect(own).toMatchObject({
    room: people.room,
    sender: alice.user,
    kind: "ring",
    slot: "m.call#ROOM",
    member: people.member,
    users: [bob.user],
    everyone: false,
    intent: "video",
  });
  await bob.until({ type: "notified" });
  await bob.signals.decline(people.room, own.id, null);
  await alice.until({ type: "declined", of: own.id, sender: bob.user, reason: null });
  await bob.until({ type: "declined", of: own.id, sender: bob.user });
  expect(bob.heard).toMatchObject([
    { type: "notified", notification: { ...own, expiresAt: expect.any(Number), sentAt: expect.any(Number) } },
    { type: "declined" },
  ]);
  expect(alice.heard.map(({ type }) => type)).toEqual(["notified", "declined"]);

  const wire = await onServer(people.bob, people.room, own.id);
  expect(wire.type).toBe("m.room.encrypted");
  expect(wire.content["m.relates_to"]).toEqual({ rel_type: "m.reference", event_id: people.member });
  expect(wire.content).not.toHaveProperty("msc4354_sticky_key");
  expect(wire.msc4354_sticky).toEqual({ duration_ms: 110_000 });
});

test("in a room without encryption ring, busy and withdrawal come as they were sent", async () => {
  const people = await couple({ encrypted: false });
  const [alice, bob] = [await signIn(people.alice), await signIn(people.bob)];
  const ring = await alice.signals.notify(people.room, { ...ringing(people.member), ring: "everyone" });
  await bob.until({ type: "notified" });
  await bob.signals.decline(people.room, ring.id, "busy");
  await alice.until({ type: "declined", of: ring.id, reason: "busy" });
  await alice.signals.withdraw(people.room);
  await bob.until({ type: "withdrawn", id: ring.id });
  await bob.signals.say(people.room, "I call back");

  const wire = await onServer(people.bob, people.room, ring.id);
  expect(wire).toMatchObject({
    type: RTC,
    content: {
      slot_id: "m.call#ROOM",
      "m.mentions": { user_ids: [], room: true },
      notification_type: "ring",
      "m.relates_to": { rel_type: "m.reference", event_id: people.member },
      lifetime: 90_000,
      "m.call.intent": "video",
      msc4354_sticky_key: "m.call#ROOM",
    },
    msc4354_sticky: { duration_ms: 110_000 },
  });
  const announced = await alice.signals.notify(people.room, { ...ringing(people.member), ring: "nobody" });
  expect(announced).toMatchObject({ kind: "announcement", users: [] });
  await vi.waitFor(() => {
    const said = alice.client.getRoom(people.room)?.getLiveTimeline().getEvents();
    expect(said?.map((event) => event.getContent()["body"])).toContain("I call back");
  }, SOON);
});

test("a redacted ring is withdrawn, and so is one that was redacted before it was heard", async () => {
  const people = await couple({ encrypted: false });
  const bob = await signIn(people.bob);
  const first = await sendEvent(people.alice, people.room, RTC, content(people.member, bob.user));
  await bob.until({ type: "notified", notification: expect.objectContaining({ id: first }) });
  await redact(people.alice, people.room, first);
  await bob.until({ type: "withdrawn", id: first });

  const later = await signIn(people.bob);
  await later.until({ type: "withdrawn", id: first });
  expect(later.heard.map(({ type }) => type)).not.toContain("notified");
});

test("redactions of what has nothing to do with calls are no signals, and those of rings are", async () => {
  const people = await couple();
  const [alice, bob] = [await signIn(people.alice), await signIn(people.bob)];
  await knows(alice, bob);
  const timeline = (phone: Phone) => phone.client.getRoom(people.room)?.getLiveTimeline().getEvents() ?? [];
  const said = (phone: Phone, count: number) =>
    vi.waitFor(() => {
      const bodies = timeline(phone).filter((event) => event.getContent()["body"] === "hello");
      expect(bodies).toHaveLength(count);
      return bodies.map((event) => event.getId() ?? "");
    }, SOON);
  for (let count = 0; count < 3; count++) await alice.signals.say(people.room, "hello");
  for (const id of await said(bob, 3)) await redact(people.alice, people.room, id);
  await said(bob, 0);
  const own = await alice.signals.notify(people.room, ringing(people.member, bob.user));
  await bob.until({ type: "notified" });
  await redact(people.alice, people.room, own.id);
  await bob.until({ type: "withdrawn", id: own.id });
  expect(new Set(bob.heard.map((signal) => ("id" in signal ? signal.id : signal.type)))).toEqual(
    new Set(["notified", own.id]),
  );
});

test("where the server has no sticky events the same is sent without", async () => {
  const people = await couple({ encrypted: false });
  const [alice, bob] = [
    await signIn(people.alice, { fetch: unsticky }),
    await signIn(people.bob, { fetch: unsticky }),
  ];
  const ring = await alice.signals.notify(people.room, ringing(people.member, bob.user));
  await bob.until({ type: "notified" });
  await bob.signals.decline(people.room, ring.id, null);
  await alice.until({ type: "declined", of: ring.id });
  await alice.signals.withdraw(people.room);
  await alice.signals.notify(people.room, ringing(people.member, bob.user));
  await vi.waitFor(() => expect(bob.heard).toHaveLength(3), SOON);
  // The withdrawal was not sent: what is in nobody's way needs no words.
  expect(bob.heard.map(({ type }) => type)).toEqual(["notified", "declined", "notified"]);
  const wire = await onServer(people.bob, people.room, ring.id);
  expect(wire).not.toHaveProperty("msc4354_sticky");
  expect(wire.content).not.toHaveProperty("msc4354_sticky_key");
});

test.each([false, true])(
  "a ring whose key comes later comes with it (after a restart: %s)",
  async (restarted) => {
    const people = await couple();
    type Sync = { to_device?: { events: unknown[] } };
    const held: unknown[] = [];
    let isHolding = true;
    const late = changing("/v3/sync", (sync: Sync) => {
      const events = sync.to_device?.events ?? [];
      if (isHolding) held.push(...events);
      return { ...sync, to_device: { events: isHolding ? [] : [...held.splice(0), ...events] } };
    });
    const [alice, first] = [await signIn(people.alice), await signIn(people.bob, { fetch: late })];
    await knows(alice, first);
    const own = await alice.signals.notify(people.room, ringing(people.member, first.user));
    const fails = (phone: Phone) =>
      vi.waitFor(() => {
        const event = phone.client.getRoom(people.room)?.findEventById(own.id);
        expect(event?.isDecryptionFailure()).toBe(true);
        expect(held).not.toEqual([]);
      }, SOON);
    await fails(first);
    expect(first.heard).toEqual([]);
    if (restarted) await first.end();
    const bob = restarted ? await signIn(people.bob, { fetch: late, folder: first.folder }) : first;
    await fails(bob);
    // Somebody who begins to listen when it has failed already.
    const later: CallSignal[] = [];
    bob.signals.onSignal((signal) => later.push(signal));

    isHolding = false;
    // Ends the poll that is under way.
    await sendEvent(people.alice, people.room, MESSAGE, { msgtype: "m.text", body: "hello" });
    await bob.until({ type: "notified" });
    expect(bob.heard).toMatchObject([{ notification: { id: own.id, users: [bob.user] } }]);
    await vi.waitFor(() => expect(later).toEqual(bob.heard), SOON);
  },
);

test("what was sent before the sign-in is heard, an old client's ring among it, and again after a restart", async () => {
  const people = await couple({ encrypted: false });
  const old = { application: "m.call", call_id: "", notify_type: "ring" };
  const mentions = { "m.mentions": { user_ids: [people.bob.userId], room: false } };
  const id = await sendEvent(people.alice, people.room, CALL_NOTIFY, { ...old, ...mentions });
  const bob = await signIn(people.bob);
  await bob.until({ type: "notified" });
  expect(bob.heard).toMatchObject([
    { notification: { id, kind: "ring", slot: "m.call#ROOM", member: null, users: [bob.user] } },
  ]);
  await bob.end();

  // Nothing of it comes from the server this time.
  const again = await signIn(people.bob, {
    folder: bob.folder,
    fetch: changing("/v3/sync", (sync: object) => ({ ...sync, rooms: {} })),
  });
  await again.until({ type: "notified" });
  const [before, after] = [bob.heard[0], again.heard[0]];
  if (before?.type !== "notified" || after?.type !== "notified") throw new Error("no notification");
  expect(after.notification.id).toBe(id);
  // Its age went on while it lay on disk: the ring ends when it would have.
  const between = (again.heardAt[0] ?? 0) - (bob.heardAt[0] ?? 0);
  const later = after.notification.expiresAt - before.notification.expiresAt;
  expect(Math.abs(later)).toBeLessThan(between / 2);
});

test.each([true, false])(
  "a sticky ring that a gap of the timeline swallowed is heard (encrypted: %s)",
  async (encrypted) => {
    const people = await couple({ encrypted });
    const [alice, bob] = [await signIn(people.alice), await signIn(people.bob)];
    await isIn(bob, people.room);
    await knows(alice, bob);
    await bob.end();
    const { id } = await alice.signals.notify(people.room, ringing(people.member, bob.user));
    for (let count = 0; count < 30; count++)
      await sendEvent(people.alice, people.room, MESSAGE, { msgtype: "m.text", body: `${count}` });
    const again = await signIn(people.bob, { folder: bob.folder });
    await again.until({ type: "notified" });
    expect(again.client.getRoom(people.room)?.findEventById(id)).toBeUndefined();
    for (const signal of again.heard) expect(signal).toMatchObject({ notification: { id } });
  },
);

test("a new device reads the past of rooms, as far as it knows it or can", async () => {
  const people = await couple({ encrypted: false });
  const encrypted = await couple();
  const state = {
    type: callMemberType,
    stateKey: `_${people.alice.userId}_${people.alice.deviceId}_m.call`,
  };
  const joined = {
    application: "m.call",
    call_id: "",
    device_id: people.alice.deviceId,
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [],
  };
  await sendState(people.alice, people.room, { ...state, content: joined });
  const ring = (await sendEvent(
    people.alice,
    people.room,
    RTC,
    content(people.member, people.bob.userId),
  )) as EventId;
  const cleared = { msc4354_sticky_key: "m.call#ROOM" };
  await sendEvent(people.alice, people.room, RTC, cleared, 110_000);
  await sendState(people.alice, people.room, { ...state, content: {} });
  // More than a page of messages, which the filter leaves out, and more than the timeline has.
  for (let count = 0; count < 12; count++)
    await sendEvent(people.alice, people.room, MESSAGE, { msgtype: "m.text", body: `${count}` });

  const bob = await signIn(people.bob);
  await isIn(bob, people.room);
  const read = async (phone: Phone, room: RoomId, known: EventId | null, until = 0) => {
    const found: CallSignal[] = [];
    const newest = await phone.signals.past(
      room,
      { until, known },
      (more) => found.push(...more),
      () => undefined,
    );
    return { found, newest };
  };
  const { found, newest } = await read(bob, people.room, null);
  expect(found).toMatchObject([
    { type: "membership", joined: null, sender: people.alice.userId },
    { type: "notified", notification: { id: ring, intent: "audio" } },
    { type: "withdrawn", id: ring },
    { type: "membership", joined: { device: people.alice.deviceId, slot: "m.call#ROOM" } },
  ]);
  expect(await read(bob, people.room, newest)).toEqual({ found: [], newest });
  expect((await read(bob, people.room, ring)).found).toMatchObject([{ type: "membership", joined: null }]);
  expect((await read(bob, people.room, null, Date.now() + 60_000)).found).toEqual([]);

  const [alice, first] = [await signIn(encrypted.alice), await signIn(encrypted.bob)];
  await knows(alice, first);
  const own = await alice.signals.notify(encrypted.room, ringing(encrypted.member, first.user));
  await first.until({ type: "notified" });
  expect((await read(first, encrypted.room, null)).found).toMatchObject([{ notification: { id: own.id } }]);
  const second = await signIn(encrypted.bob);
  await isIn(second, encrypted.room);
  expect(await read(second, encrypted.room, null)).toEqual({ found: [], newest: own.id });
});

/** A network that changes what is asked for of a room's past. */
const asking =
  (change: (query: URLSearchParams) => void): typeof globalThis.fetch =>
  (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname.endsWith("/messages")) change(url.searchParams);
    return globalThis.fetch(input instanceof Request ? new Request(url, input) : url, init);
  };

test("however much was said since, the past is read up to what is known", async () => {
  const people = await couple({ encrypted: false });
  const ring = content(people.member, people.bob.userId);
  const id = await sendEvent(people.alice, people.room, RTC, ring);
  const none = { "m.relates_to": { rel_type: "m.reference", event_id: people.member } };
  let newest = "";
  for (let count = 0; count < 30; count++)
    newest = await sendEvent(people.alice, people.room, "org.matrix.msc4310.rtc.decline", none);
  // A page an event: as if thousands had been sent.
  const bob = await signIn(people.bob, { fetch: asking((query) => query.set("limit", "1")) });
  await isIn(bob, people.room);
  const found: CallSignal[] = [];
  const known = await bob.signals.past(
    people.room,
    { until: 0, known: null },
    (more) => found.push(...more),
    () => undefined,
  );
  expect(known).toBe(newest);
  expect(found.at(-1)).toMatchObject({ type: "notified", notification: { id } });
});

test("a server that leads in circles does not keep us reading, nor is the past taken for read", async () => {
  const people = await couple({ encrypted: false });
  await sendEvent(people.alice, people.room, RTC, content(people.member, people.bob.userId));
  let pages = 0;
  const circle = changing("/messages", (page: object) => ({ ...page, end: `further-${++pages}` }));
  const bob = await signIn(people.bob, {
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.pathname.endsWith("/messages")) url.searchParams.delete("from");
      return circle(url, init);
    },
  });
  await isIn(bob, people.room);
  expect(
    await bob.signals.past(
      people.room,
      { until: 0, known: null },
      () => undefined,
      () => undefined,
    ),
  ).toBeNull();
  expect(pages).toBe(21);
});

test("a dead network fails what is sent, and does not hold up what is sent after", async () => {
  const people = await couple();
  const proxy = await startFaultProxy(stack.homeserver.url);
  const [alice, bob] = [await signIn(people.alice, { url: proxy.url }), await signIn(people.bob)];
  await knows(alice, bob);
  await alice.signals.say(people.room, "soon");
  proxy.stall();
  const failed = { name: "RtcRequestError", kind: "offline" };
  const { room } = people;
  const outcomes = await Promise.allSettled([
    alice.signals.notify(room, ringing(people.member, bob.user)),
    alice.signals.decline(room, people.member, null),
    alice.signals.say(room, "now"),
  ]);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: failed });
  await proxy.pass();
  const own = await alice.signals.notify(room, ringing(people.member, bob.user));
  await bob.until({ type: "notified", notification: expect.objectContaining({ id: own.id }) });
  await alice.end();
  await alice.remove();
  await proxy.close();
});

test("how a sender stands decides, and leaving a room is told", async () => {
  const people = await couple({ encrypted: false });
  const bob = await signIn(people.bob);
  await isIn(bob, people.room);
  const { user: self } = bob;
  const alice = people.alice.userId as UserId;
  await vi.waitFor(() => expect(bob.signals.standing(people.room, alice).direct).toBe(true), SOON);
  expect(bob.signals.standing(people.room, alice)).toEqual({
    joined: true,
    ignored: false,
    direct: true,
    mayMentionRoom: true,
  });
  expect(bob.signals.standing("!other:hs", alice)).toEqual({
    joined: false,
    ignored: false,
    direct: false,
    mayMentionRoom: false,
  });

  const group = (await makeRoom(people.alice, [people.bob], { encrypted: false })) as RoomId;
  await isIn(bob, group);
  expect(bob.signals.standing(group, alice)).toMatchObject({ direct: false, mayMentionRoom: true });
  expect(bob.signals.standing(group, self)).toMatchObject({ direct: false, mayMentionRoom: false });
  await bob.client.setIgnoredUsers([alice]);
  await vi.waitFor(() => expect(bob.signals.standing(group, alice).ignored).toBe(true), SOON);

  const left: RoomId[] = [];
  bob.signals.onRoomLeft((room) => left.push(room));
  await people.bob.request("POST", `/v3/rooms/${encodeURIComponent(group)}/leave`, {});
  await vi.waitFor(() => expect(left).toEqual([group]), SOON);
  expect(bob.signals.standing(group, alice).joined).toBe(false);
});
