// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import { updateSentence } from "../../../../renderer/home/updates.ts";
import { en } from "../../../../shared/messages/en.ts";
import {
  initialState,
  type AppState,
  type Company,
  type Session,
  type UpdatesOff,
  type UpdatesState,
} from "../../../../shared/state/app-state.ts";
import { defaultSettings } from "../../../../shared/state/settings.ts";
import type { Release } from "../../../../shared/updates/updates.ts";
import { alice, FakeMain, refused } from "../support/fake-main.svelte.ts";
import { noMedia } from "../support/fake-media.ts";
import { ringOf } from "../support/rings.ts";
import { button, click, field, has, one, press, saidBeside, settled, show, words } from "../support/show.ts";

const release: Release = { version: "0.2.0", notes: "Rings louder.\n<b>Hangs up</b> too." };
const self: UpdatesState = { version: "0.1.0", off: null, status: { phase: "idle" }, checkedAt: null };
const nobody: Company = initialState.company;

/** The settings, with the page of updates open. */
async function open(updates: Partial<UpdatesState>, more: Partial<AppState> = {}): Promise<FakeMain> {
  const main = new FakeMain({ session: alice, updates: { ...self, ...updates }, ...more });
  show(Home, { client: main, mirror: main, media: noMedia });
  await press("Enter", {}, button("Account: Alice"));
  await settled();
  await click(one("[role=menuitem]", "Settings"));
  await settled();
  await click(one("[role=tab]", "Updates"));
  return main;
}

describe("the page of updates", () => {
  it("shows the version and looks for another one when asked", async () => {
    const main = await open({});
    expect(words()).toContain("Carillon 0.1.0");
    expect(words()).toContain(en["updates.idle"]);
    await click(button("Check now"));
    expect(main.asked).toEqual([["updates.check", {}]]);
  });

  it("says that it looks, and that there is none", async () => {
    const main = await open({ status: { phase: "checking" } });
    expect(words()).toContain("Looking for a new version…");
    main.change({ updates: { ...self, checkedAt: Date.now() } });
    await settled();
    expect(words()).toContain("This is the newest version.");
  });

  it("shows what is new as text, and fetches it when asked", async () => {
    const main = await open({ status: { phase: "available", release } });
    expect(words()).toContain("Carillon 0.2.0 is out.");
    expect(words()).toContain("<b>Hangs up</b> too.");
    await click(button("Download"));
    expect(main.asked).toEqual([["updates.download", {}]]);
  });

  it("shows how far the download is", async () => {
    await open({ status: { phase: "downloading", release, percent: 40 } });
    expect(one<HTMLProgressElement>("progress", "Download of Carillon 0.2.0").value).toBe(40);
    expect(has("button", "Check now")).toBe(false);
  });

  it("restarts into what is ready", async () => {
    const main = await open({ status: { phase: "ready", release } });
    await click(button("Restart now"));
    expect(main.asked).toEqual([["updates.restart", {}]]);
  });

  it("does not restart while somebody rings", async () => {
    const main = await open({ status: { phase: "ready", release } });
    main.change({ rings: [ringOf("Bob")] });
    await settled();
    expect(button("Restart now").disabled).toBe(true);
    expect(words()).toContain("It can be installed after your call.");
  });

  it.each(["unreachable", "damaged", "disk-full", "not-permitted", "failed"] as const)(
    "says what to do where it failed: %s",
    async (why) => {
      await open({ status: { phase: "failed", why } });
      expect(words()).toContain(en[`updates.failed-${why}`]);
      expect(has("button", "Check now")).toBe(true);
    },
  );

  it("changes how and which versions come", async () => {
    const main = await open({});
    await click(one("[role=radio]", "Ask me first"));
    await click(one("[role=radio]", en["updates.channel-beta"]));
    expect(main.asked).toEqual([
      ["settings.change", { updates: "ask" }],
      ["settings.change", { updateChannel: "beta" }],
    ]);
  });

  it.each<UpdatesOff>(["not-packaged", "no-source", "store", "system", "unsigned"])(
    "where somebody else brings updates (%s), says who and offers nothing",
    async (off) => {
      await open({ off });
      expect(words()).toContain(en[`updates.off-${off}`]);
      expect(has("button", "Check now")).toBe(false);
      expect(has("[role=radio]", "Ask me first")).toBe(false);
    },
  );
});

describe("a company", () => {
  it("that set how updates come shows so, and its choice cannot be changed", async () => {
    const main = await open(
      {},
      { company: { ...nobody, updates: "ask" }, settings: { ...defaultSettings, updates: "off" } },
    );
    expect(words()).toContain("Your company has set this.");
    expect(one("[role=radio]", "Ask me first").getAttribute("aria-checked")).toBe("true");
    await click(one("[role=radio]", "Automatically"));
    expect(main.asked).toEqual([]);
  });

  it("that turned updates off says so, and nothing is offered", async () => {
    await open({}, { company: { ...nobody, updates: "off" } });
    expect(words()).toContain(en["updates.off-company"]);
    expect(has("button", "Check now")).toBe(false);
  });

  it("whose settings cannot be used is said so", async () => {
    await open({}, { company: { ...nobody, broken: true } });
    expect(words()).toContain(en["updates.broken"]);
  });

  const signedOut: Session = { phase: "signed-out", reason: null, again: null };

  it("names the homeserver to begin with", async () => {
    const main = new FakeMain({ session: signedOut, company: { ...nobody, homeserver: "example.org" } });
    show(Home, { client: main, mirror: main, media: noMedia });
    expect(field("Homeserver").value).toBe("example.org");
    expect(field("Homeserver").readOnly).toBe(false);
  });

  it("may allow no other one", async () => {
    const company = { ...nobody, homeserver: "example.org", homeserverOnly: true };
    const main = new FakeMain({ session: signedOut, company }, { "session.discover": refused("offline") });
    show(Home, { client: main, mirror: main, media: noMedia });
    expect(field("Homeserver").readOnly).toBe(true);
    expect(saidBeside("Homeserver")).toBe("Your company has set this server.");
    await click(button("Continue"));
    expect(main.asked).toEqual([["session.discover", { server: "example.org" }]]);
  });
});

it("the time of the last look is said with its day, unless that is today", () => {
  const now = new Date(2026, 10, 21, 12).getTime();
  const sentence = (checkedAt: number) => updateSentence({ ...self, checkedAt }, false, now);
  expect(sentence(now - 86_400_000)).toContain("Friday");
  expect(sentence(now - 60_000)).not.toContain("Saturday");
});
