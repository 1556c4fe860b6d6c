// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import Home from "../../../../../renderer/home/Home.svelte";
import { errorText, t } from "../../../../../shared/messages/messages.ts";
import type { VerificationState } from "../../../../../shared/state/app-state.ts";
import { noMedia } from "../../support/fake-media.ts";
import { alice, FakeMain, refused } from "../../support/fake-main.svelte.ts";
import { identity, verification } from "../../support/identities.ts";
import { button, click, has, one, press, settled, show, words } from "../../support/show.ts";

const bob = { user: "@bob:example.org", name: "Bob", avatar: null } as const;
const emoji = ["Dog", "Cat", "Lion", "Horse", "Unicorn", "Pig", "Elephant"].map((name, index) => ({
  symbol: String.fromCodePoint(0x1f436 + index),
  name,
}));

function dialog(
  more: Partial<VerificationState>,
  answers?: ConstructorParameters<typeof FakeMain>[1],
  media = noMedia,
) {
  const main = new FakeMain(
    { session: alice, identity: identity({ verification: verification(more) }) },
    answers,
  );
  show(Home, { client: main, mirror: main, media });
  return {
    main,
    async change(next: Partial<VerificationState> | null) {
      main.change({ identity: identity({ verification: next && verification({ ...more, ...next }) }) });
      await settled();
    },
  };
}

describe("a verification that we asked for", () => {
  it("goes by emoji from asking to done, each step in words", async () => {
    const { main, change } = dialog({});
    expect(words()).toContain(t("verification.asked-own"));
    await change({ phase: "ready" });
    await click(button("Compare emoji"));
    await change({ phase: "compare", emoji });
    const shown = [...one("ol", "Emoji to compare").querySelectorAll("li")];
    expect(shown.map(({ textContent }) => textContent.replaceAll(/\s+/g, " ").trim())).toEqual(
      emoji.map(({ symbol, name }) => `${symbol} ${name}`),
    );
    await click(button("They match"));
    await change({ phase: "waiting" });
    expect(words()).toContain(t("verification.waiting"));
    await change({ phase: "done" });
    expect(words()).toContain(t("verification.done-own"));
    await click(button("Done"));
    expect(main.asked).toEqual([
      ["identity.compare", {}],
      ["identity.confirm", { same: true }],
      ["identity.cancel", {}],
    ]);
    await change(null);
    expect(document.querySelector("[role=dialog]")).toBe(null);
  });

  it("says no where the emoji differ", async () => {
    const { main } = dialog({ phase: "compare", emoji });
    await click(button("They do not match"));
    expect(main.asked).toEqual([["identity.confirm", { same: false }]]);
  });

  it.each(["mismatch", "timeout", "refused", "failed"] as const)(
    "that ended by %s says so, and can be begun again",
    async (reason) => {
      const { main } = dialog({ phase: "cancelled", reason });
      expect(words()).toContain(t(`verification.cancelled-${reason}`));
      await click(button("Try again"));
      expect(main.asked).toEqual([
        ["identity.cancel", {}],
        ["identity.verify", {}],
      ]);
    },
  );

  it("of a person is begun again with that person", async () => {
    const { main } = dialog({ person: bob, phase: "cancelled", reason: "timeout" });
    await click(button("Try again"));
    expect(main.asked.at(-1)).toEqual(["identity.verify-person", { user: bob.user }]);
  });

  it("is cancelled where the dialog is closed, and says where that fails", async () => {
    const { main } = dialog({}, { "identity.cancel": refused("offline") });
    await press("Escape");
    expect(main.asked).toEqual([["identity.cancel", {}]]);
    expect(words()).toContain(errorText("offline"));
  });
});

describe("a verification that somebody asked us for", () => {
  it("of a person is accepted or declined, and says who it is", async () => {
    const { main } = dialog({ person: bob, incoming: true });
    expect(words()).toContain("Bob wants to verify");
    await click(button("Accept"));
    await click(button("Decline"));
    expect(main.asked).toEqual([
      ["identity.accept", {}],
      ["identity.cancel", {}],
    ]);
  });

  it("of another device names it", () => {
    dialog({ incoming: true, device: "LAPTOP" });
    expect(words()).toContain("Device LAPTOP");
  });

  it("that they gave up is not for us to begin again", () => {
    dialog({ incoming: true, phase: "cancelled", reason: "refused" });
    expect(has("button", "Try again")).toBe(false);
  });
});

describe("codes", () => {
  const theirs = btoa("MATRIX\x02\x01and the rest \xff\x00");

  it("ours is shown where they can scan, and then we say whether it worked there", async () => {
    const { main, change } = dialog({ phase: "ready", qr: btoa("MATRIX\x02\x00\xfe") });
    expect(has("svg", "Code for the other device to scan")).toBe(true);
    expect(has("button", "Scan their code")).toBe(false);
    await change({ phase: "scanned" });
    await click(button("Yes, it worked"));
    expect(main.asked).toEqual([["identity.confirm", { same: true }]]);
  });

  it("theirs is read by the camera, once, and other codes are told apart", async () => {
    let see = (_data: string): void => {};
    let open = 0;
    const openScanner = async (_camera: unknown, found: (data: string) => void) => {
      see = found;
      open += 1;
      return { attach: () => () => {}, stop: () => (open -= 1) };
    };
    const { main } = dialog({ phase: "ready", canScan: true }, {}, { ...noMedia, openScanner });
    expect(open).toBe(0);
    await click(button("Scan their code"));
    expect(has("video", "What the camera sees")).toBe(true);
    see(btoa("https://example.org"));
    await settled();
    expect(words()).toContain(t("verification.scan-strange"));
    expect(main.asked).toEqual([]);
    see(theirs);
    see(theirs);
    await settled();
    expect(main.asked).toEqual([["identity.scanned", { data: theirs }]]);
    expect(open).toBe(0);
  });

  it("cannot be read without a camera, which is said", async () => {
    dialog({ phase: "ready", canScan: true });
    await click(button("Scan their code"));
    await settled();
    expect(words()).toContain(t("settings.preview-failed"));
    await click(button("Stop scanning"));
    expect(words()).not.toContain(t("settings.preview-failed"));
  });
});
