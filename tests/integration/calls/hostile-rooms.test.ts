import * as fc from "fast-check";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { isRoomId, isUserId, type RoomId } from "../../../shared/matrix/ids.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { startHttpProxy, type HttpProxy, type Instead } from "../../support/http-proxy.ts";
import { mainProcess, type MainProcess } from "../../support/main-process.ts";
import { callMemberType, freshName, signUp } from "../../support/people.ts";

let stack: Stack;
let proxy: HttpProxy;
let main: MainProcess;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

/** What the homeserver says next; asked for when the app has done all that the last one asked of it. */
let answer: (sync: object) => void;
let polled: PromiseWithResolvers<void>;
let count = 0;

beforeEach(async () => {
  proxy = await startHttpProxy(stack.homeserver.url);
  main = await mainProcess();
  const alice = await signUp(stack.homeserver, freshName("alice"));
  polled = Promise.withResolvers();
  proxy.instead = (_method, { pathname }) => {
    if (!pathname.endsWith("/sync")) return undefined;
    return new Promise<Instead>((resolve) => {
      answer = (sync) => resolve({ status: 200, body: { next_batch: `s${count++}`, ...sync } });
      polled.resolve();
    });
  };
  const login = main.login(alice, proxy.url);
  await polled.promise;
  await say({});
  await login;
});
afterEach(async () => {
  // Whoever asks is not kept waiting at the end.
  proxy.instead = () => undefined;
  answer({});
  await main.quit();
  await main.remove();
  await proxy.close();
});

/** Many times what the app takes: one that never asks again is told apart from one that does, with what made it so. */
const DEAF_MS = 20_000;

/** Resolves when the app asks for more. */
async function say(sync: object): Promise<void> {
  polled = Promise.withResolvers();
  answer(sync);
  const { reject } = polled;
  const timer = setTimeout(() => reject(new Error("the app no longer asks what is new")), DEAF_MS);
  await polled.promise.finally(() => clearTimeout(timer));
}

/** Anything, with the names that somebody reads more often than not. */
const names = fc.constantFrom(
  ..."name url membership displayname avatar_url algorithm alias alt_aliases users users_default events".split(
    " ",
  ),
  ..."state_default type application call_id device_id foci_preferred focus_active expires".split(" "),
  ..."created_ts membershipID m.call.intent status member slot_id transports body is_direct".split(" "),
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom("join", "m.call", "m.room", "livekit", "", 0, -1, 1e300, "mxc://../../x", "<img src=x>"),
);
const content = fc.dictionary(fc.oneof(names, fc.string()), value, { maxKeys: 8 });

const MALLORY = "@mallory:elsewhere";

/** What deployed apps write, with some of it replaced or missing. */
const good: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [callMemberType]: {
    application: "m.call",
    call_id: "",
    device_id: "DEVICE",
    membershipID: "id",
    expires: 14_400_000,
    created_ts: Date.now(),
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "livekit", livekit_service_url: "https://sfu.elsewhere", livekit_alias: "!r" }],
    "m.call.intent": "video",
  },
  "m.room.name": { name: "Room" },
  "m.room.avatar": { url: "mxc://elsewhere/picture" },
  "m.room.canonical_alias": { alias: "#room:elsewhere", alt_aliases: ["#other:elsewhere"] },
  "m.room.create": { room_version: "11", type: "m.custom" },
  "m.room.power_levels": { users: { [MALLORY]: 100 }, events: { [callMemberType]: 0 }, users_default: 0 },
  "m.room.encryption": { algorithm: "m.megolm.v1.aes-sha2" },
  "m.room.tombstone": { body: "gone", replacement_room: "!new:elsewhere" },
};
const nearlyGood = fc.constantFrom(...Object.keys(good)).chain((type) =>
  fc.record({
    type: fc.constant(type),
    state_key: fc.constant(type === callMemberType ? `_${MALLORY}_DEVICE_m.call` : ""),
    content: fc
      .dictionary(fc.constantFrom(...Object.keys(good[type] ?? {})), value, { maxKeys: 2 })
      .map((replaced) => ({ ...good[type], ...replaced })),
  }),
);
const key = (me: string) =>
  fc.constantFrom(
    "",
    MALLORY,
    me,
    "@nobody:x",
    `_${me}_DEVICE_m.call`,
    `_${MALLORY}_DEVICE_m.call`,
    "__proto__",
  );
const type = fc.constantFrom(
  callMemberType,
  callMemberType,
  callMemberType,
  "org.matrix.msc4143.rtc.slot",
  "m.room.create",
  "m.room.name",
  "m.room.avatar",
  "m.room.canonical_alias",
  "m.room.encryption",
  "m.room.power_levels",
  "m.room.tombstone",
  "m.room.topic",
);
const summary = v.object({
  id: v.custom(isRoomId),
  name: v.string(),
  avatar: v.nullable(v.pipe(v.string(), v.startsWith("/avatar/"))),
  direct: v.nullable(v.custom(isUserId)),
  encrypted: v.boolean(),
  memberCount: v.pipe(v.number(), v.finite()),
  canCall: v.boolean(),
  call: v.nullable(
    v.object({
      since: v.pipe(v.number(), v.finite()),
      intent: v.picklist(["audio", "video"]),
      people: v.array(v.object({ user: v.custom(isUserId), name: v.string() })),
    }),
  ),
  activeAt: v.pipe(v.number(), v.finite()),
});
const invited = v.object({
  room: v.custom(isRoomId),
  name: v.string(),
  from: v.object({ user: v.custom(isUserId), name: v.string() }),
  direct: v.boolean(),
});

test("whatever lies in rooms, account data and messages to the device, each room is listed and a call can be opened", async () => {
  const me = main.signIn.required.session.user;
  const warnings: string[] = [];
  const warned = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const membership = fc.constantFrom("join", "leave", "invite", "ban", "knock");
  const profile = { displayname: value, avatar_url: value };
  const event = fc.oneof(
    { weight: 4, arbitrary: nearlyGood },
    { weight: 2, arbitrary: fc.record({ type, state_key: key(me), content }) },
    fc.record({
      type: fc.constant("m.room.member"),
      state_key: fc.constantFrom(MALLORY, "@nobody:x", "nobody"),
      content: fc.record({ membership, ...profile }),
    }),
  );
  // Servers see to it that who joined has joined, and to nothing else.
  const own = fc.record({
    type: fc.constant("m.room.member"),
    state_key: fc.constant(me),
    content: fc.record({ membership: fc.constant("join"), ...profile }),
  });
  const mallory = { type: "m.room.member", state_key: MALLORY, content: { membership: "join" } };
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(own, fc.array(event, { maxLength: 12 })).map(([ours, others]) => [mallory, ...others, ours]),
      fc.array(event, { maxLength: 6 }),
      fc.oneof(fc.constant(null), fc.dictionary(fc.constantFrom(MALLORY, me, "nobody"), value)),
      fc.array(
        fc.record({ type: fc.oneof(fc.constant("io.element.call.encryption_keys"), fc.string()), content }),
      ),
      async (state, timeline, direct, messages) => {
        const room = `!room${count}:elsewhere` as RoomId;
        await hear(room, state, timeline, direct ?? { [MALLORY]: [room, 1] }, messages);
        await vi.waitFor(() => expect(main.store.state.rooms.map(({ id }) => id)).toContain(room));
        for (const listed of main.store.state.rooms)
          expect(v.is(summary, listed), JSON.stringify(listed)).toBe(true);
        expect(main.store.state.invitations.map(({ room }) => room)).toContain(`${room}-invited`);
        for (const listed of main.store.state.invitations)
          expect(v.is(invited, listed), JSON.stringify(listed)).toBe(true);
        main.running.conductor.open(room, "video");
        expect(main.store.state.call?.room).toBe(room);
        main.running.conductor.send({ type: "leave-asked" });
      },
    ),
    // Shrinking would go on with an app that heard all of that, and is perhaps deaf by now.
    { numRuns: 60, endOnFailure: true },
  );
  expect(main.store.state.session).toMatchObject({ phase: "signed-in", sync: "live" });
  expect(warnings).toEqual([]);

  // A room where everybody is honest is after all that what it would have been before.
  const honest = "!honest:elsewhere";
  const state = Object.entries(good).map(([type, content]) => ({
    type,
    content,
    state_key: type === callMemberType ? `_${MALLORY}_DEVICE_m.call` : "",
  }));
  await hear(honest, [mallory, { ...mallory, state_key: me }, ...state], [], { [MALLORY]: [honest] });
  await vi.waitFor(() =>
    expect(main.store.state.rooms.find(({ id }) => id === honest)).toMatchObject({
      name: "Room",
      avatar: "/avatar/elsewhere/picture",
      direct: MALLORY,
      encrypted: true,
      canCall: true,
      call: { intent: "video", people: [{ user: MALLORY }] },
    }),
  );
});

/** Nothing can be made a text of it, so whatever takes it for one throws. */
const wordless = { toString: "", valueOf: "" };

test("whoever takes an invitation back with nonsense in it does not make the app deaf", async () => {
  const me = main.signIn.required.session.user;
  const room = "!gone:elsewhere";
  const leave = { ...invitation, state_key: me, content: { membership: "leave", avatar_url: wordless } };
  const event = { event_id: "$gone", sender: MALLORY, origin_server_ts: Date.now(), ...leave };
  await hear(room, [], [], {});
  await say({ rooms: { leave: { [`${room}-invited`]: { timeline: { events: [event] } } } } });
  expect(main.signIn.required.client.getUser(me)?.avatarUrl).toEqual(wordless);
  await say({});
  expect(main.store.state.session).toMatchObject({ phase: "signed-in", sync: "live", avatar: null });
});

test("a picture that is none keeps neither invitations nor rooms from being listed", async () => {
  const mallory = {
    type: "m.room.member",
    state_key: MALLORY,
    content: { membership: "join", displayname: wordless, avatar_url: wordless },
  };
  const me = { ...mallory, state_key: main.signIn.required.session.user, content: { membership: "join" } };
  const room = "!room:elsewhere";
  await hear(room, [mallory, me], [], { [MALLORY]: [room] });
  await vi.waitFor(() => {
    expect(main.store.state.rooms).toMatchObject([{ id: room, direct: MALLORY, avatar: null }]);
    expect(main.store.state.invitations).toMatchObject([{ from: { user: MALLORY, avatar: null } }]);
  });
});

test("the syncing goes on when the app fails to take in what it is at", async () => {
  const { store } = main;
  const update = store.update.bind(store);
  store.update = (change) => {
    if (change(store.state).session !== store.state.session) throw new Error("out of order");
    update(change);
  };
  // Something to say of the session, and then again.
  const me = main.signIn.required.session.user;
  for (const displayname of ["Alice", "Alicia"]) {
    const content = { membership: "join", displayname };
    await hear("!room:elsewhere", [{ type: "m.room.member", state_key: me, content }], [], {});
  }
  expect(main.lines.join("")).toContain("out of order");
});

const invitation = { type: "m.room.member", content: { membership: "invite" } };

/** What happened in one room, and beside it. */
function hear(
  room: RoomId,
  state: readonly object[],
  timeline: readonly object[],
  direct: unknown,
  messages: readonly object[] = [],
): Promise<void> {
  const whole = (events: readonly object[]) =>
    events.map((one, index) => ({
      event_id: `$${count}-${index}-${events === state}`,
      sender: MALLORY,
      origin_server_ts: Date.now(),
      ...one,
    }));
  const events = { state: { events: whole(state) }, timeline: { events: whole(timeline) } };
  // The same from whoever invites us somewhere.
  const invited = whole([...state, { ...invitation, state_key: main.signIn.required.session.user }]);
  return say({
    rooms: {
      join: { [room]: events },
      invite: { [`${room}-invited`]: { invite_state: { events: invited } } },
    },
    account_data: { events: [{ type: "m.direct", content: direct }] },
    to_device: { events: messages.map((message) => ({ sender: MALLORY, ...message })) },
  });
}
