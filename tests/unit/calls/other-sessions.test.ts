import { expect, test } from "vitest";

import { roomCall, sessionsShown } from "../../../electron/calls/other-sessions.ts";
import type { MemberView, SessionView } from "../../../electron/rtc/types.ts";
import type { RoomId, UserId } from "../../../shared/matrix/ids.ts";

const room: RoomId = "!room:hs";
const personOf = (_room: RoomId, user: UserId) => ({ user, name: user.slice(1, 4), avatar: null });

const member = (user: UserId, type: string | null, more: Partial<MemberView> = {}): MemberView => ({
  id: `${user}|D|m`,
  user,
  device: "D",
  memberId: "m",
  eventId: "$e",
  transport: type === null ? null : { type, serviceUrl: type === "livekit" ? "https://sfu.hs" : null },
  identity: user,
  joinedAt: 1_000,
  intent: null,
  own: false,
  known: type === "livekit",
  ...more,
});

const session = (slot: string, ...members: MemberView[]): SessionView => ({
  room,
  slot,
  application: slot.split("#")[0] ?? "",
  intent: "video",
  members,
});

const whiteboard = session(
  "org.example.whiteboard#1",
  member("@bob:hs", null, { joinedAt: 500 }),
  member("@bob:hs", null, { device: "E" }),
  member("@eve:hs", null),
);

test("a session of another application is shown beside the call, each person once, since its first came", () => {
  const call = session("m.call#ROOM", member("@bob:hs", "livekit"));
  const shown = sessionsShown([call, whiteboard], personOf);
  expect(shown.call?.people.map(({ name }) => name)).toEqual(["bob"]);
  expect(shown.others).toEqual([
    {
      slot: "org.example.whiteboard#1",
      application: "org.example.whiteboard",
      transport: null,
      since: 500,
      people: [personOf(room, "@bob:hs"), personOf(room, "@eve:hs")],
    },
  ]);
});

test("a call whose members all publish on what we do not speak is one of the others", () => {
  const jitsi = session("m.call#ROOM", member("@bob:hs", "m.jitsi"), member("@eve:hs", "m.jitsi"));
  const shown = sessionsShown([jitsi], personOf);
  expect(shown.call).toBe(null);
  expect(shown.others).toMatchObject([{ application: "m.call", transport: "m.jitsi" }]);
});

test.each([
  ["somebody is on LiveKit", member("@eve:hs", "livekit")],
  ["somebody names a LiveKit that cannot be used", member("@eve:hs", "m.livekit", { known: false })],
  ["somebody names nothing", member("@eve:hs", null)],
  ["we are in it ourselves", member("@me:hs", "m.jitsi", { own: true })],
])("a call stays a call where %s", (_why, other) => {
  const shown = sessionsShown([session("m.call#ROOM", member("@bob:hs", "m.jitsi"), other)], personOf);
  expect(shown.call?.people).toHaveLength(2);
  expect(shown.others).toEqual([]);
});

test("a call in a slot of its own is not the room's call, whatever the order", () => {
  const strange = session("m.call#0", member("@eve:hs", "livekit"));
  const call = session("m.call#ROOM", member("@bob:hs", "livekit"));
  expect(roomCall([strange, call])).toBe(call);
  expect(sessionsShown([strange], personOf)).toMatchObject({
    call: null,
    others: [{ slot: "m.call#0", application: "m.call" }],
  });
});

test("nothing goes on in a room without sessions", () => {
  expect(sessionsShown([], personOf)).toEqual({ call: null, others: [] });
});
