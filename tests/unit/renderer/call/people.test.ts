// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import Call from "../../../../renderer/call/Call.svelte";
import type { Marks } from "../../../../renderer/call/view.ts";
import { t } from "../../../../shared/messages/messages.ts";
import type { CallState, Participant } from "../../../../shared/state/app-state.ts";
import { callState, FakeCall, participant, tile } from "../support/fake-call.svelte.ts";
import { button, click, one, press, settled, show, words } from "../support/show.ts";

function open(fields: ConstructorParameters<typeof FakeCall>[0]): FakeCall {
  const call = new FakeCall(fields);
  show(Call, { call });
  return call;
}

const inCall = { state: callState(), tiles: [tile("Alice", { local: true }), tile("Bob")] };

const marks = (more: Partial<Marks> = {}): Marks => ({
  device: "DEVICE",
  trust: "signed",
  ourKey: "sent",
  foreign: null,
  hand: null,
  reaction: null,
  ...more,
});

describe("whose device it is", () => {
  it.each(["verified", "signed", "unverified", "changed", "unknown"] as const)(
    "is marked on the tile and said on a click: %s",
    async (trust) => {
      open({ ...inCall, tiles: [tile("Bob", { marks: marks({ trust }) })] });
      await click(button(`About Bob: ${t(`tile.trust-${trust}`)}`));
      const about = one("[role=dialog]", /^About Bob/);
      expect(about.textContent).toContain(t(`tile.about-${trust}`, { name: "Bob" }));
      expect(about.textContent).toContain("DEVICE");
    },
  );

  it.each(["undeliverable", "withheld", "waiting"] as const)(
    "says too that our key is %s",
    async (ourKey) => {
      open({ ...inCall, tiles: [tile("Bob", { marks: marks({ ourKey }) })] });
      await click(button(/^About Bob/));
      expect(words()).toContain(t(`tile.about-${ourKey}`, { name: "Bob" }));
    },
  );

  it("says of a transport that we do not speak what it is and what to do", async () => {
    const foreign = tile("Bob", { reason: "no-transport", marks: marks({ foreign: "jitsi" }) });
    open({ ...inCall, tiles: [foreign] });
    expect(one("[role=group]", "Bob").textContent).toContain("Uses Jitsi: open this call in an app");
  });

  it("says of our own device whether others can tell it", async () => {
    open({ ...inCall, tiles: [tile("Alice", { local: true, marks: marks({ trust: "unverified" }) })] });
    await click(button(/^About Alice/));
    expect(words()).toContain(t("tile.about-own-unverified"));
  });

  it.each(["withheld", "undeliverable"] as const)("names in the call who cannot hear me: %s", (ourKey) => {
    const people = [
      participant("Alice", { local: true }),
      participant("Bob", { ourKey }),
      participant("Bob", { id: "second", ourKey }),
      participant("Carol"),
      participant("Dora", { ourKey }),
    ];
    open({ ...inCall, state: callState({ participants: people }) });
    expect(words()).toContain(t(`call.${ourKey}`, { names: "Bob and Dora" }));
  });
});

it("is not told again of those who cannot hear me whom I know of, but of others", async () => {
  const deaf = (...names: readonly string[]) =>
    callState({
      participants: [
        participant("Alice", { local: true }),
        ...names.map((name) => participant(name, { ourKey: "withheld" })),
      ],
    });
  const call = open({ ...inCall, state: deaf("Bob") });
  await click(button("Dismiss"));
  expect(words()).not.toContain("Cannot hear or see you");
  call.change({ state: deaf("Bob", "Carol") });
  await settled();
  expect(words()).toContain("Cannot hear or see you: Bob and Carol");
});

describe("an own device that is not verified", () => {
  const lobby = callState({ phase: "lobby", joinedAt: null });
  const joining = callState({ phase: "joining", joinedAt: null });
  const ringing = callState({ outgoing: { phase: "ringing", people: [] } });
  const answered = callState({ outgoing: { phase: "answered", people: [] } });
  it.each([
    ["the lobby", lobby, true],
    ["a call that rings", ringing, true],
    ["a call that is being joined without a lobby", joining, true],
    ["a call that was just answered", answered, true],
    ["a call that has just begun, of somebody's ring", callState(), true],
    ["a call that is joined without encryption", { ...joining, encrypted: false }, false],
    ["a lobby of a room without encryption", { ...lobby, encrypted: false }, false],
  ])("is told in %s: %#", (_where, state, told) => {
    open({ ...inCall, state, verified: false });
    expect(words().includes(t("call.unverified"))).toBe(told);
  });

  const told = () => words().includes(t("call.unverified"));

  it("is not told again in a call that was joined from its lobby", async () => {
    const call = open({ ...inCall, state: lobby, verified: false });
    for (const state of [joining, callState()]) {
      call.change({ state });
      await settled();
      expect(told()).toBe(false);
    }
  });

  it("is told in the call what was not yet known in its lobby", async () => {
    const call = open({ ...inCall, state: lobby, verified: null });
    call.change({ state: joining, verified: false });
    await settled();
    expect(told()).toBe(true);
  });

  it("is told until dismissed, while it rings and after", async () => {
    const call = open({ ...inCall, state: ringing, verified: false });
    await click(button("Dismiss"));
    for (const state of [ringing, answered]) {
      call.change({ state });
      await settled();
      expect(told()).toBe(false);
    }
  });

  it("is told anew in the next call", async () => {
    const call = open({ ...inCall, state: joining, verified: false });
    await click(button("Dismiss"));
    for (const state of [null, joining]) {
      call.change({ state });
      await settled();
    }
    expect(told()).toBe(true);
  });

  it("is told in the first seconds of a call, however much happens in them, and then no more", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const call = open({ ...inCall, state: joining, verified: false });
    const after = (ms: number, state: CallState) => {
      vi.advanceTimersByTime(ms);
      call.change({ state });
      flushSync();
      return told();
    };
    expect([
      after(60_000, callState()),
      after(10_000, callState()),
      after(4000, callState()),
      after(2000, callState()),
    ]).toEqual([true, true, true, false]);
  });

  it.each([true, null])("is not told where it is verified or that is not known: %s", (verified) => {
    open({ state: lobby, verified });
    expect(words()).not.toContain(t("call.unverified"));
  });
});

describe("hands and reactions", () => {
  const people = (bob: Partial<Participant>) =>
    callState({ participants: [participant("Alice", { local: true }), participant("Bob", bob)] });

  it("raises the hand by button and by key, and lowers it", async () => {
    const call = open(inCall);
    await click(button("Raise hand"));
    await press("h");
    expect(call.hands).toEqual([true, true]);
    call.change({ state: callState({ participants: [participant("Alice", { local: true, handAt: 1 })] }) });
    await settled();
    await click(button("Lower hand"));
    expect(call.hands.at(-1)).toBe(false);
  });

  it("reacts with what is chosen from the menu", async () => {
    const call = open(inCall);
    button("React").dispatchEvent(new PointerEvent("pointerdown", { button: 0, bubbles: true }));
    await settled();
    await press("Enter", {}, one("[role=menuitem]", "Applause"));
    expect(call.reactions).toEqual(["👏"]);
  });

  it("shows a hand and its place on the tile and in the list of people", async () => {
    open({ state: people({ handAt: 5 }), tiles: [tile("Bob", { marks: marks({ hand: 1 }) })] });
    expect(one("[role=group]", "Bob").querySelector("[aria-label='Hand raised, number 1']")).not.toBeNull();
    await click(button(/^People in the call/));
    const list = one("[role=dialog]", "People in the call");
    expect(
      [...list.querySelectorAll("li")].map(({ textContent }) => textContent?.replaceAll(/\s+/g, "")),
    ).toEqual(["BBob1", "AYou"]);
  });

  it("shows a reaction on the tile", () => {
    open({ ...inCall, tiles: [tile("Bob", { marks: marks({ reaction: "🎉" }) })] });
    expect(one("[role=group]", "Bob").textContent).toContain("🎉");
  });

  it("tells those who do not see it, of others alone", async () => {
    const call = open({ ...inCall, state: people({}) });
    call.change({ state: people({ handAt: 5, reaction: "👍" }) });
    await settled();
    expect(words()).toContain("Bob raised their hand. Bob reacts: 👍");
    call.change({ state: people({ handAt: null }) });
    await settled();
    expect(words()).toContain("Bob lowered their hand");
  });
});

describe("the safety code", () => {
  const openCode = async (more: Partial<CallState>) => {
    open({ ...inCall, state: callState(more) });
    await click(button("Safety code"));
    return one("[role=dialog]", /./).textContent ?? "";
  };

  it("is shown in groups, with whom it covers", async () => {
    const text = await openCode({ safetyCode: "12345 67890 11111" });
    const groups = [...document.querySelectorAll("[role=dialog] li")].map(({ textContent }) => textContent);
    expect(groups).toEqual(["12345", "67890", "11111"]);
    expect(text).toContain("Alice, Bob");
  });

  it.each([
    [{ encrypted: false }, t("call.safety-none-clear")],
    [{ participants: [participant("Alice", { local: true })] }, t("call.safety-none-alone")],
    [
      { participants: [participant("Alice", { local: true }), participant("Bob", { trust: "unverified" })] },
      t("call.safety-none-unknown", { names: "Bob" }),
    ],
    [{}, t("call.safety-none-later")],
  ] as const)("is missing with its reason: %#", async (more, why) => {
    expect(await openCode(more as Partial<CallState>)).toContain(why);
  });
});
