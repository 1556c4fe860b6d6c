// @vitest-environment happy-dom
import { describe, expect, it, onTestFinished, vi } from "vitest";

import Home from "../../../../renderer/home/Home.svelte";
import type { Homeserver } from "../../../../shared/ipc/contract.ts";
import { errorText, t } from "../../../../shared/messages/messages.ts";
import type { Session } from "../../../../shared/state/app-state.ts";
import { defaultSettings } from "../../../../shared/state/settings.ts";
import { callState } from "../support/fake-call.svelte.ts";
import { noMedia } from "../support/fake-media.ts";
import { alice, FakeMain, refused, room } from "../support/fake-main.svelte.ts";
import {
  button,
  buttons,
  click,
  field,
  has,
  one,
  press,
  saidBeside,
  settled,
  show,
  type,
  words,
} from "../support/show.ts";

const server: Homeserver = {
  url: "https://matrix.example.org",
  name: "example.org",
  password: true,
  oauth: false,
  sso: true,
};
const signedOut: Session = { phase: "signed-out", reason: null, again: null };
const bob = room("Bob", { direct: "@bob:example.org" });

function home(main: FakeMain, media = noMedia): FakeMain {
  show(Home, { client: main, mirror: main, media });
  return main;
}

describe("before signing in", () => {
  it("says that it starts, until main knows more", () => {
    home(new FakeMain());
    expect(words()).toContain("Opening Carillon");
  });

  it("says what keeps the account from being opened", () => {
    home(new FakeMain({ session: { phase: "failed", code: "store-locked" } }));
    expect(document.querySelector("[role=alert]")?.textContent).toBe(errorText("store-locked"));
  });

  it("finds the server, then signs in with a password", async () => {
    const main = home(new FakeMain({ session: signedOut }, { "session.discover": () => server }));
    await type(field("Homeserver"), " example.org ");
    await click(button("Continue"));
    await type(field("Username"), "alice");
    await type(field("Password"), "correct horse");
    await click(button("Sign in"));
    expect(main.asked).toEqual([
      ["session.discover", { server: "example.org" }],
      ["session.login", { homeserver: server.url, user: "alice", password: "correct horse" }],
    ]);
  });

  it.each(["server-unknown", "server-not-matrix", "offline", "tls-failure"] as const)(
    "says %s beside the server's name, and no more once the name is changed",
    async (code) => {
      home(new FakeMain({ session: signedOut }, { "session.discover": refused(code) }));
      await type(field("Homeserver"), "exmaple.org");
      await click(button("Continue"));
      expect(saidBeside("Homeserver")).toBe(errorText(code));
      expect(field("Homeserver").getAttribute("aria-invalid")).toBe("true");
      await type(field("Homeserver"), "example.org");
      expect(field("Homeserver").getAttribute("aria-invalid")).toBe("false");
    },
  );

  it.each(["wrong-password", "rate-limited", "account-deactivated", "offline"] as const)(
    "says %s beside the password",
    async (code) => {
      home(
        new FakeMain(
          { session: signedOut },
          { "session.discover": () => server, "session.login": refused(code) },
        ),
      );
      await type(field("Homeserver"), "example.org");
      await click(button("Continue"));
      await type(field("Username"), "alice");
      await type(field("Password"), "guess");
      await click(button("Sign in"));
      expect(saidBeside("Password")).toBe(errorText(code));
    },
  );

  it("asks nobody for what was not entered", async () => {
    const main = home(new FakeMain({ session: signedOut }, { "session.discover": () => server }));
    await click(button("Continue"));
    expect(saidBeside("Homeserver")).toBe("Name the server your account is on.");
    await type(field("Homeserver"), "@alice:example.org");
    await click(button("Continue"));
    expect(field("Username").value).toBe("@alice:example.org");
    await click(button("Sign in"));
    expect(saidBeside("Password")).toBe("Enter your password.");
    expect(main.asked.map(([name]) => name)).toEqual(["session.discover"]);
  });

  it("offers only the ways in that the server has", async () => {
    const ssoOnly = { ...server, password: false };
    const main = home(new FakeMain({ session: signedOut }, { "session.discover": () => ssoOnly }));
    await type(field("Homeserver"), "example.org");
    await click(button("Continue"));
    expect(has("button", "Sign in")).toBe(false);
    await click(button("Continue with single sign-on"));
    expect(main.asked.at(-1)).toEqual(["session.sso", { homeserver: server.url }]);
  });

  it("prefers next-generation login where the server has it, and keeps the older ways behind it", async () => {
    const next = { ...server, oauth: true };
    const main = home(
      new FakeMain(
        { session: signedOut },
        { "session.discover": () => next, "session.oauth": refused("login-failed") },
      ),
    );
    await type(field("Homeserver"), "example.org");
    await click(button("Continue"));
    expect(has("label", "Password")).toBe(false);
    expect(has("button", "Continue with single sign-on")).toBe(false);
    await click(button("Continue in browser"));
    expect(main.asked.at(-1)).toEqual(["session.oauth", { homeserver: server.url }]);
    expect(words()).toContain(errorText("login-failed"));
    await click(button("Other ways to sign in"));
    expect(has("label", "Password")).toBe(true);
    expect(has("button", "Continue with single sign-on")).toBe(true);
  });

  it("asks for nothing but the browser where that is the only way in", async () => {
    const only = { ...server, password: false, sso: false, oauth: true };
    home(new FakeMain({ session: signedOut }, { "session.discover": () => only }));
    await type(field("Homeserver"), "example.org");
    await click(button("Continue"));
    expect(has("button", "Continue in browser")).toBe(true);
    expect(has("button", "Other ways to sign in")).toBe(false);
    expect(words()).not.toContain(errorText("login-unsupported"));
  });

  it("says that a server with no way in that it knows is one", async () => {
    const neither = { ...server, password: false, sso: false };
    home(new FakeMain({ session: signedOut }, { "session.discover": () => neither }));
    await type(field("Homeserver"), "example.org");
    await click(button("Continue"));
    expect(words()).toContain(errorText("login-unsupported"));
  });

  it("waits for the browser, can be told not to, and then says what went wrong where it was asked for", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const main = home(
      new FakeMain(
        { session: signedOut },
        { "session.discover": () => server, "session.sso": () => promise },
      ),
    );
    await type(field("Homeserver"), "example.org");
    await click(button("Continue"));
    await click(button("Continue with single sign-on"));
    main.change({ session: { phase: "signing-in" } });
    await settled();
    expect(words()).toContain("Finish in your browser");
    await click(button("Cancel"));
    expect(main.asked.at(-1)).toEqual(["session.cancel-sso", {}]);

    reject(await refused("login-failed")().catch((error: unknown) => error));
    main.change({ session: { phase: "signed-out", reason: "login-failed", again: null } });
    await settled();
    expect(words()).toContain(errorText("login-failed"));
    expect(has("button", "Continue with single sign-on")).toBe(true);
  });

  it("names the account after a soft logout and asks for its password alone", async () => {
    const again = { user: "@alice:example.org", homeserver: server.url } as const;
    const main = home(
      new FakeMain(
        { session: { phase: "signed-out", reason: "signed-out-elsewhere", again } },
        { "session.discover": () => server },
      ),
    );
    await settled();
    expect(words()).toContain(again.user);
    expect(words()).toContain(errorText("signed-out-elsewhere"));
    expect(has("label", "Username")).toBe(false);
    await type(field("Password"), "correct horse");
    await click(button("Sign in"));
    expect(main.asked.at(-1)).toEqual([
      "session.login",
      { homeserver: server.url, user: again.user, password: "correct horse" },
    ]);
  });

  it("tries again to reach the server of a soft logout", async () => {
    let online = false;
    const again = { user: "@alice:example.org", homeserver: server.url } as const;
    home(
      new FakeMain(
        { session: { ...signedOut, again } },
        { "session.discover": () => (online ? server : refused("offline")()) },
      ),
    );
    await settled();
    expect(words()).toContain(errorText("offline"));
    online = true;
    await click(button("Try again"));
    expect(has("label", "Password")).toBe(true);
  });
});

describe("signed in", () => {
  it.each([
    ["Call Bob", "audio"],
    ["Video call Bob", "video"],
  ])("%s opens the call with intent %s", async (name, intent) => {
    const main = home(new FakeMain({ session: alice, rooms: [bob] }));
    await click(button(name));
    expect(main.asked).toEqual([["call.open", { room: bob.id, intent }]]);
  });

  it("says why a call could not be opened, until dismissed", async () => {
    home(new FakeMain({ session: alice, rooms: [bob] }, { "call.open": refused("call-busy") }));
    await click(button("Call Bob"));
    expect(words()).toContain(errorText("call-busy"));
    await click(button("Dismiss"));
    expect(words()).not.toContain(errorText("call-busy"));
  });

  it("starts no call where the power level does not allow it", async () => {
    const main = home(new FakeMain({ session: alice, rooms: [room("Ops", { canCall: false })] }));
    expect(button("Call Ops").getAttribute("aria-disabled")).toBe("true");
    await click(button("Call Ops"));
    expect(main.asked).toEqual([]);
  });

  it("shows a running call with those in it, and joins it", async () => {
    const people = ["Bob", "Carol"].map((name) => ({ user: `@${name}:x` as const, name, avatar: null }));
    const choir = room("Choir", { call: { since: Date.now(), intent: "audio", people } });
    const main = home(new FakeMain({ session: alice, rooms: [choir] }));
    expect(one("li", "Choir").textContent).toContain("Bob and Carol");
    await click(button("Join call in Choir"));
    expect(main.asked).toEqual([["call.open", { room: choir.id, intent: "audio" }]]);
    main.change({ rooms: [{ ...choir, call: null }] });
    await settled();
    expect(has("button", "Join call in Choir")).toBe(false);
    expect(has("button", "Call Choir")).toBe(true);
  });

  it("lets one return to the call or leave it", async () => {
    const main = home(new FakeMain({ session: alice, rooms: [bob], call: callState() }));
    await click(button("Return to call"));
    await click(button("Leave call"));
    expect(main.asked).toEqual([
      ["call.open", { room: callState().room, intent: "video" }],
      ["call.leave", {}],
    ]);
    main.change({ call: null });
    await settled();
    expect(has("button", "Leave call")).toBe(false);
  });

  it("calls somebody new by their full address: first the direct room, then the call", async () => {
    const main = home(
      new FakeMain({ session: alice, rooms: [bob] }, { "room.direct": () => ({ room: "!new:example.org" }) }),
    );
    await press("k", { ctrlKey: true });
    expect(document.activeElement).toBe(one("input", "Search people and rooms"));
    await type(one("input", "Search people and rooms"), "@carol:other.org");
    expect(has("button", "Call Bob")).toBe(false);
    await click(button("Video call @carol:other.org"));
    expect(main.asked.filter(([name]) => name !== "people.search")).toEqual([
      ["room.direct", { user: "@carol:other.org" }],
      ["call.open", { room: "!new:example.org", intent: "video" }],
    ]);
  });

  it("tells apart nobody yet, still loading, and no connection", async () => {
    const main = home(new FakeMain({ session: { ...alice, sync: "starting" } }));
    expect(document.querySelector("main")?.getAttribute("aria-busy")).toBe("true");
    main.change({ session: alice });
    await settled();
    expect(words()).toContain("Nobody here yet");
    main.change({ session: { ...alice, sync: "offline" } });
    await settled();
    expect(words()).toContain("No connection");
  });

  it.each(["weak-storage", "disk-full", "in-tray"] as const)(
    "tells of %s until that is dismissed",
    async (notice) => {
      const main = home(new FakeMain({ session: alice, rooms: [bob], notices: [notice] }));
      expect(words()).toContain(t(`home.${notice}`));
      await click(button("Dismiss"));
      expect(main.asked).toEqual([["notice.dismiss", { notice }]]);
    },
  );

  it("shows of a thousand rooms the first ones, more where the end comes into sight, and finds all of them", async () => {
    const ends: (() => void)[] = [];
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(seen: (entries: { isIntersecting: boolean }[]) => void) {
          ends.push(() => seen([{ isIntersecting: true }]));
        }
        observe(): void {}
        disconnect(): void {}
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const rooms = Array.from({ length: 1000 }, (_, index) => room(`Room ${index}`, { activeAt: -index }));
    home(new FakeMain({ session: alice, rooms }));
    const count = () => document.querySelectorAll("main li").length;
    expect(count()).toBe(60);
    ends.at(-1)?.();
    await settled();
    expect(count()).toBe(120);
    await type(one("input", "Search people and rooms"), "Room 999");
    expect(has("li", "Room 999")).toBe(true);
  });

  it("follows the theme of the settings", async () => {
    const main = home(new FakeMain({ session: alice, settings: { ...defaultSettings, theme: "dark" } }));
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    main.change({ settings: defaultSettings });
    await settled();
    expect(document.documentElement.dataset["theme"]).toBeUndefined();
  });

  it("shows names as they are written, never as HTML", () => {
    const name = `<img src=x onerror="alert(1)"><b>Bob</b>`;
    home(
      new FakeMain({
        session: { ...alice, name },
        rooms: [
          room(name),
          room("r", { name, direct: "@<i>:x", call: { since: 0, intent: "video", people: [] } }),
        ],
        call: callState({ name }),
      }),
    );
    expect(buttons(`Call ${name}`)).toHaveLength(1);
    expect(document.querySelectorAll("#app img, body img, body b, body i")).toHaveLength(0);
  });
});
