// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import Call from "../../../../renderer/call/Call.svelte";
import type { Reason } from "../../../../renderer/call/view.ts";
import { errorText, t } from "../../../../shared/messages/messages.ts";
import type { CallState, OutgoingState } from "../../../../shared/state/app-state.ts";
import { callState, FakeCall, participant, tile } from "../support/fake-call.svelte.ts";
import { button, click, has, one, press, settled, show, words } from "../support/show.ts";

function open(fields: ConstructorParameters<typeof FakeCall>[0]): FakeCall {
  const call = new FakeCall(fields);
  show(Call, { call });
  return call;
}

const inCall = { state: callState(), tiles: [tile("Alice", { local: true }), tile("Bob")] };

describe("the lobby", () => {
  const state = callState({ phase: "lobby", joinedAt: null, participants: [participant("Bob")] });

  it("says who is in the call, and joins it once", async () => {
    const call = open({ state });
    expect(words()).toContain("1 person is in the call");
    expect(words()).toContain("Bob");
    await click(button("Join call"));
    expect(call.joins).toBe(1);
  });

  it("says why the last join failed", () => {
    open({ state: { ...state, error: "grant-unreachable" } });
    expect(document.querySelector("[role=alert]")?.textContent).toContain(errorText("grant-unreachable"));
  });

  it("turns microphone and camera off and on before joining", async () => {
    const call = open({ state });
    await click(button("Mute microphone"));
    await press("v");
    expect([call.microphone, call.camera]).toEqual([false, false]);
    expect(has("button", "Unmute microphone") && has("button", "Turn camera on")).toBe(true);
  });

  it("numbers a device without a label, and offers the system's own choice", () => {
    open({ state });
    expect(one("button", "Camera: System default")).toBeDefined();
    expect(one("button", "Microphone: System default")).toBeDefined();
  });

  it("can be left", async () => {
    const call = open({ state });
    await click(button("Cancel"));
    expect(call.leaves).toBe(1);
  });
});

describe("in the call", () => {
  it("has a tile for each person and each screen", async () => {
    const call = open(inCall);
    expect(has("[role=group]", "Alice") && has("[role=group]", "Bob")).toBe(true);
    call.change({ tiles: [...inCall.tiles, tile("Bob", { id: "screen", kind: "screen" })] });
    await settled();
    expect(one("[role=group]", "Bob's screen")).toBeDefined();
    call.change({ tiles: inCall.tiles.slice(0, 1) });
    await settled();
    expect(has("[role=group]", /Bob/)).toBe(false);
  });

  it("keeps a person's video element when somebody starts to share", async () => {
    const attach = () => () => {};
    const bob = tile("Bob", { attach });
    const call = open({ ...inCall, tiles: [tile("Alice", { local: true }), bob] });
    const video = one("[role=group]", "Bob").querySelector("video");
    call.change({ tiles: [...call.tiles, tile("Carol", { kind: "screen" })] });
    await settled();
    expect(video).not.toBeNull();
    expect(one("[role=group]", "Bob").querySelector("video")).toBe(video);
  });

  it("attaches a video to its element, and detaches it when it ends", async () => {
    const shown: string[] = [];
    const attach = (element: HTMLVideoElement) => {
      shown.push(element.tagName);
      return () => shown.push("gone");
    };
    const call = open({ ...inCall, tiles: [tile("Bob", { attach })] });
    expect(shown).toEqual(["VIDEO"]);
    call.change({ tiles: [tile("Bob", { attach, speaking: true })] });
    await settled();
    expect(shown).toEqual(["VIDEO"]);
    call.change({ tiles: [tile("Bob")] });
    await settled();
    expect(shown).toEqual(["VIDEO", "gone"]);
  });

  it.each<Reason>([
    "no-transport",
    "grant-refused",
    "sfu-unreachable",
    "sfu-restricted",
    "connecting",
    "lost",
    "absent",
    "key-missing",
    "key-wrong",
    "not-encrypted",
  ])("says on the tile when somebody is not heard or seen for %s", (reason) => {
    open({ ...inCall, tiles: [tile("Bob", { reason })] });
    expect(one("[role=group]", "Bob").textContent).toContain(t(`tile.reason-${reason}`));
  });

  it("says who is muted and who speaks", () => {
    open({ ...inCall, tiles: [tile("Bob", { microphone: "muted" }), tile("Carol", { speaking: true })] });
    expect(one("[role=group]", "Bob").querySelector("[aria-label=Muted]")).not.toBeNull();
    expect(one("[role=group]", "Carol").textContent).toContain("Speaking");
  });

  it.each([
    ["m", "Unmute microphone"],
    ["M", "Unmute microphone"],
    ["v", "Turn camera on"],
    ["s", "Stop sharing"],
  ])("the key %s leaves a button %s", async (key, name) => {
    open(inCall);
    await press(key);
    expect(has("button", name)).toBe(true);
  });

  it.each([{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }])(
    "a chord or a held key is no shortcut: %j",
    async (init) => {
      open(inCall);
      await press("m", init);
      expect(has("button", "Mute microphone")).toBe(true);
    },
  );

  it("lets the system's picker ask where main lists no screens", async () => {
    const call = open(inCall);
    await click(button("Share screen"));
    expect(call.shared).toEqual([null]);
    await click(button("Stop sharing"));
    expect(call.sharing).toBe(false);
  });

  it("shares the screen that was picked", async () => {
    const call = open(inCall);
    call.sources = [
      { id: "screen:0", name: "Entire screen", kind: "screen", thumbnail: null },
      { id: "screen:1", name: "Second screen", kind: "screen", thumbnail: null },
    ];
    await click(button("Share screen"));
    expect(call.shared).toEqual([]);
    await click(button("Second screen"));
    await click(button("Share"));
    expect(call.shared).toEqual([{ id: "screen:1", audio: false }]);
  });

  it("shares nothing when the picker is closed", async () => {
    const call = open(inCall);
    call.sources = [{ id: "screen:0", name: "Entire screen", kind: "screen", thumbnail: null }];
    await press("s");
    await click(button("Cancel"));
    expect([call.shared, call.sharing]).toEqual([[], false]);
  });

  it.each([
    [{ connection: "reconnecting" }, t("call.reconnecting")],
    [{ connection: "failed" }, t("call.connection-failed")],
    [{ connection: "restricted" }, t("error.sfu-restricted")],
    [{ connection: "displaced" }, t("call.displaced")],
    [{ connection: "refused" }, t("error.grant-refused")],
    [{ connection: "misnamed" }, t("error.grant-mismatch")],
    [{ sync: "offline" }, t("call.offline")],
    [{ state: callState({ membership: "unsure" }) }, t("call.unsure")],
  ] as const)("says what is wrong and goes on: %j", async (trouble, sentence) => {
    const call = open(inCall);
    expect(words()).not.toContain(sentence);
    call.change(trouble);
    await settled();
    expect(words()).toContain(sentence);
    expect(has("[role=group]", "Bob")).toBe(true);
  });

  it("that joined from another copy of the app can be had back here", async () => {
    const call = open({ ...inCall, connection: "displaced" });
    await click(button("Use this one"));
    expect(call.insists).toBe(1);
    call.change({ connection: "connected" });
    await settled();
    expect(has("button", "Use this one")).toBe(false);
  });

  it("enlarges whom one picks until they are put back or leave, and others' screens wait meanwhile", async () => {
    const screen = tile("Bob", { id: "screen", kind: "screen" });
    const call = open({ ...inCall, tiles: [...inCall.tiles, tile("Carol"), screen] });
    const staged = () =>
      [...document.querySelectorAll(".stage [role=group]")].map((found) => found.getAttribute("aria-label"));
    expect(staged()).toEqual(["Bob's screen"]);
    one("[role=group]", "Carol").dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    await settled();
    expect(staged()).toEqual(["Carol"]);
    await click(button("Put Carol back"));
    expect(staged()).toEqual(["Bob's screen"]);
    await click(button("Enlarge Carol"));
    call.change({ tiles: inCall.tiles });
    await settled();
    expect(staged()).toEqual([]);
  });

  it("shows the other of a call of two large while one shares one's own screen", () => {
    const own = tile("Alice", { id: "own", kind: "screen", local: true });
    open({ ...inCall, tiles: [...inCall.tiles, own] });
    const staged = [...document.querySelectorAll(".stage [role=group]")];
    expect(staged.map((found) => found.getAttribute("aria-label"))).toEqual(["Bob"]);
  });

  it("has nobody to enlarge where there is but one", () => {
    open({ ...inCall, tiles: [tile("Alice", { local: true })] });
    expect(has("button", /^Enlarge/)).toBe(false);
  });

  it.each([
    ["ArrowRight", "Turn camera off"],
    ["ArrowLeft", "Leave call"],
    ["End", "Leave call"],
    ["Home", "Mute microphone"],
  ])("%s moves the focus from the microphone to %s", async (key, name) => {
    open(inCall);
    button("Mute microphone").focus();
    await press(key, {}, button("Mute microphone"));
    expect(document.activeElement?.getAttribute("aria-label")).toBe(name);
  });

  it("does not say that somebody is muted of whom it hears nothing at all", () => {
    open({ ...inCall, tiles: [tile("Bob", { microphone: "muted", reason: "connecting" })] });
    expect(one("[role=group]", "Bob").querySelector("[aria-label=Muted]")).toBeNull();
  });

  it("tells of trouble with a device until that is dismissed", async () => {
    const call = open({ ...inCall, problem: "device-unplugged" });
    expect(words()).toContain(t("call.problem-device-unplugged"));
    await press("Escape");
    expect(call.problem).toBeNull();
    expect(words()).not.toContain(t("call.problem-device-unplugged"));
  });

  it("says aloud who joins and who leaves", async () => {
    const call = open(inCall);
    const { participants } = callState();
    call.change({ state: callState({ participants: [...participants, participant("Carol")] }) });
    await settled();
    expect([...document.querySelectorAll("[role=status]")].map((status) => status.textContent)).toContain(
      "Carol joined",
    );
  });

  it("says so when nobody else is there", async () => {
    const call = open({
      ...inCall,
      state: callState({ participants: [participant("Alice", { local: true })] }),
    });
    expect(words()).toContain(t("call.alone"));
    call.change({ state: callState() });
    await settled();
    expect(words()).not.toContain(t("call.alone"));
  });

  it("says whether the call is encrypted", async () => {
    const call = open(inCall);
    expect(has("[role=img]", t("call.encrypted"))).toBe(true);
    call.change({ state: callState({ encrypted: false }) });
    await settled();
    expect(has("[role=img]", t("call.unencrypted"))).toBe(true);
  });

  it("leaves, and then says that the call has ended", async () => {
    const call = open(inCall);
    await click(button("Leave call"));
    expect(call.leaves).toBe(1);
    expect(words()).toContain("The call has ended");
  });

  it("shows names as they are written, never as HTML", () => {
    const name = `<img src=x onerror="alert(1)"><b>Bob</b>`;
    open({
      state: callState({
        name,
        participants: [participant("Alice", { local: true }), participant("Bob", { name })],
      }),
      tiles: [tile("Bob", { name })],
    });
    expect(has("[role=group]", name)).toBe(true);
    expect(document.querySelectorAll("body img, body b")).toHaveLength(0);
  });
});

const people = ["Bob", "Carol"].map((name) => participant(name));

describe("whom a call of many rings", () => {
  const state = callState({ phase: "lobby", joinedAt: null, participants: [] });
  const choose = (name: string) => click(one("[role=radio]", name));
  const tick = (name: string) => {
    const label = [...document.querySelectorAll("label")].find(({ textContent }) =>
      textContent?.includes(name),
    );
    const box = label?.querySelector("input");
    if (!box) throw new Error(`${name} is not offered`);
    return click(box);
  };

  it("is nobody, unless one chooses", async () => {
    const call = open({ state });
    await click(button("Join call"));
    expect(call.rung).toEqual(["nobody"]);
  });

  it("may be everyone", async () => {
    const call = open({ state });
    await choose("Ring everyone");
    await click(button("Join call"));
    expect(call.rung).toEqual(["everyone"]);
  });

  it("may be some, and there must be some", async () => {
    const call = open({ state });
    call.room = people;
    await choose("Ring selected people");
    expect(button("Join call").disabled).toBe(true);
    await tick("Carol");
    await click(button("Join call"));
    expect(call.rung).toEqual([["@carol:example.org"]]);
  });

  it.each([
    ["a person, who is rung in any case", { direct: "@bob:example.org" }],
    ["a call that goes on, of which nobody needs to be told", { participants: people }],
  ] as const)("is no question for %s", async (_what, more) => {
    const call = open({ state: { ...state, ...more } });
    expect(has("[role=radio]", "Ring everyone")).toBe(false);
    await click(button("Join call"));
    expect([call.joins, call.rung]).toEqual([1, []]);
  });

  it("may be more people, once one is in the call", async () => {
    const call = open(inCall);
    call.room = people;
    await click(button("Ring somebody"));
    expect([...document.querySelectorAll("label .clip")].map(({ textContent }) => textContent)).toEqual([
      "Carol",
    ]);
    await tick("Carol");
    await click(button("Ring"));
    expect(call.rung).toEqual([["@carol:example.org"]]);
    expect(has("[role=dialog]", /./)).toBe(false);
  });

  it("says so where there is nobody left to ring", async () => {
    const call = open(inCall);
    call.room = people.slice(0, 1);
    await click(button("Ring somebody"));
    expect(words()).toContain(t("call.ring-nobody"));
  });
});

describe("a ring of one's own", () => {
  const bob = { user: "@bob:example.org", name: "Bob", avatar: null } as const;
  const alice = participant("Alice", { local: true });
  const calling = (phase: OutgoingState["phase"], more: Partial<CallState> = {}) => ({
    tiles: [tile("Alice", { local: true })],
    state: callState({
      name: "Bob",
      direct: bob.user,
      participants: [alice],
      outgoing: { phase, people: [bob] },
      ...more,
    }),
  });

  it.each([
    ["calling", "Calling…"],
    ["ringing", "Ringing…"],
  ] as const)("shows oneself and that it is %s, and can be cancelled", async (phase, sentence) => {
    const call = open(calling(phase));
    expect(words()).toContain(sentence);
    expect(words()).not.toContain(t("call.alone"));
    expect(has("[role=group]", "Alice")).toBe(true);
    await click(button("Leave call"));
    expect(call.leaves).toBe(1);
  });

  it("is there already while the call is still being joined", () => {
    open(calling("calling", { phase: "joining", joinedAt: null }));
    expect(words()).toContain("Calling…");
  });

  it("says nothing more once it is answered", () => {
    open(calling("answered", { participants: [alice, participant("Bob")] }));
    expect(words()).not.toMatch(/Ringing|Calling|No answer/);
  });

  it.each([
    ["no-answer", "No answer"],
    ["declined", "Declined"],
    ["busy", "Busy"],
    ["failed", "The ring could not be sent"],
  ] as const)("that ends as %s says so, and offers to call again or to close", async (phase, sentence) => {
    const call = open(calling(phase, { phase: "over" }));
    expect(words()).toContain(sentence);
    await click(button("Call again"));
    expect(call.agains).toBe(1);
    await click(button("Close window"));
    expect(call.leaves).toBe(1);
  });

  it("that ends in a call of many is told there, and the call goes on", () => {
    open({ ...inCall, state: callState({ outgoing: { phase: "declined", people: [bob] } }) });
    expect(words()).toContain("Declined");
    expect(has("button", "Leave call")).toBe(true);
  });

  it("cannot be sent to the one who is there, or who is being rung", () => {
    const call = open(calling("ringing"));
    expect(has("button", "Ring somebody")).toBe(false);
    call.change(calling("answered", { participants: [alice, participant("Bob")] }));
    expect(has("button", "Ring somebody")).toBe(false);
  });
});

it("says why the other of two calls ended, until one does not want to be told", async () => {
  const lost = { room: "!d:example.org", name: "Dora", error: "call-removed" } as const;
  const call = open({ ...inCall, state: callState({ lost: { ...lost, at: 1 } }) });
  const told = `The call with Dora ended. ${errorText("call-removed")}`;
  expect(one("[role=alert]", /ended/).textContent).toContain(told);
  await click(button("Dismiss"));
  expect(words()).not.toContain("Dora");
  call.change({ state: callState({ lost: { ...lost, at: 2 } }) });
  await settled();
  expect(one("[role=alert]", /ended/).textContent).toContain(told);
});

it("says which call is held, and swaps", async () => {
  const held = { room: "!d:example.org", name: "Dora", avatar: null, direct: null } as const;
  const call = open({ ...inCall, state: callState({ held }) });
  expect(words()).toContain("Call with Dora is on hold");
  await click(button("Swap"));
  expect(call.swaps).toBe(1);
});

it("shows nothing of a call that only rings, and opens no device by a key", async () => {
  const call = open({
    state: callState({ phase: "warm", joinedAt: null }),
    camera: false,
    microphone: false,
  });
  await press("v");
  await press("m");
  expect([call.camera, call.microphone]).toEqual([false, false]);
  expect(has("button", /./)).toBe(false);
});

it("says that the call opens before main told anything", () => {
  open({});
  expect(words()).toContain(t("call.opening"));
});

describe("a call that was left for us", () => {
  it.each(["call-removed", "call-elsewhere"] as const)("says why, and can be joined again: %s", (error) => {
    open({ state: callState({ phase: "lobby", error }) });
    expect(words()).toContain(errorText(error));
    expect(has("button", "Join call")).toBe(true);
  });

  it.each(["room-left", "room-upgraded"] as const)(
    "says why, and cannot be joined again: %s",
    async (error) => {
      const call = open({ state: callState({ phase: "lobby", error }) });
      expect(words()).toContain(errorText(error));
      expect(has("button", "Join call")).toBe(false);
      await click(button("Close window"));
      expect(call.leaves).toBe(1);
    },
  );
});
