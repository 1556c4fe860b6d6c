import { expect, test } from "vitest";

import { VerificationAsked } from "../../../electron/calls/verification-asked.ts";
import type { UserId } from "../../../shared/matrix/ids.ts";
import { t } from "../../../shared/messages/messages.ts";
import type { VerificationState } from "../../../shared/state/app-state.ts";
import { FakeDesktop } from "../../support/fake-desktop.ts";

const ME: UserId = "@me:hs";
const BOB: UserId = "@bob:hs";

const by = (user: UserId, more: Partial<VerificationState> = {}): VerificationState => ({
  person: { user, name: user === BOB ? "Bob" : "Me", avatar: null },
  device: "D",
  incoming: true,
  phase: "asked",
  emoji: [],
  qr: null,
  canScan: false,
  reason: null,
  ...more,
});

function setup() {
  const desktop = new FakeDesktop();
  const asked = new VerificationAsked({ me: ME, notifier: desktop, windows: desktop });
  const titles = () => desktop.askedFor.map(({ notice }) => notice.title);
  return { desktop, asked, titles };
}

test("whoever asks is told of once, and a click opens home", () => {
  const { desktop, asked, titles } = setup();
  asked.look(by(BOB));
  asked.look(by(BOB));
  expect(titles()).toEqual([t("verification.person", { name: "Bob" })]);
  expect(desktop.shown).toEqual(new Set());
  desktop.askedFor[0]?.opened();
  expect(desktop.shown).toEqual(new Set(["home"]));
});

test("a device of our own is told of as one", () => {
  const { asked, titles } = setup();
  asked.look(by(ME));
  expect(titles()).toEqual([t("verification.own")]);
});

test.each([null, by(BOB, { phase: "ready" }), by(BOB, { phase: "cancelled", reason: "timeout" })])(
  "it is taken away when nobody waits for an answer any more: %j",
  (next) => {
    const { asked, titles } = setup();
    asked.look(by(BOB));
    asked.look(next);
    expect(titles()).toEqual([]);
    // Who asks again is told of again.
    asked.look(by(BOB));
    expect(titles()).toHaveLength(1);
  },
);

test("the next one takes the place of the one before", () => {
  const { asked, titles } = setup();
  asked.look(by(BOB));
  asked.look(by(ME));
  expect(titles()).toEqual([t("verification.own")]);
});

test.each([by(BOB, { incoming: false }), by(BOB, { phase: "compare" }), null])(
  "nothing is told of what is no request to us: %j",
  (verification) => {
    const { asked, titles } = setup();
    asked.look(verification);
    expect(titles()).toEqual([]);
  },
);
