// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";

import Home from "../../../../../renderer/home/Home.svelte";
import { errorText, t } from "../../../../../shared/messages/messages.ts";
import type { IdentityState } from "../../../../../shared/state/app-state.ts";
import { noMedia } from "../../support/fake-media.ts";
import { alice, FakeMain, refused, room } from "../../support/fake-main.svelte.ts";
import { identity, unverified } from "../../support/identities.ts";
import {
  button,
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
} from "../../support/show.ts";

beforeEach(() => localStorage.clear());

function home(state: IdentityState, answers?: ConstructorParameters<typeof FakeMain>[1]): FakeMain {
  const main = new FakeMain({ session: alice, identity: state }, answers);
  show(Home, { client: main, mirror: main, media: noMedia });
  return main;
}

const sign = t("identity.sign");
const titled = () =>
  [...document.querySelectorAll("[role=dialog] h2, [role=dialog] [role=heading]")].map(({ textContent }) =>
    textContent.trim(),
  );

describe("a device that is not verified", () => {
  it("is asked for calmly, and once put off a small sign stays, over restarts, until it is verified", async () => {
    const main = home(unverified());
    expect(words()).toContain(t("identity.verify-title"));
    expect(words()).not.toContain(sign);
    await click(button("Later"));
    expect(words()).toContain(sign);
    expect(words()).not.toContain(t("identity.verify-text"));

    home(unverified());
    expect(document.body.textContent?.split(sign)).toHaveLength(3);
    main.change({ identity: identity() });
    await settled();
    expect(document.body.textContent?.split(sign)).toHaveLength(2);
    expect(main.asked).toEqual([]);
  });

  it("is asked for again on another device of the same account", async () => {
    home(unverified());
    await click(button("Later"));
    document.body.replaceChildren();
    const main = new FakeMain({ session: { ...alice, device: "OTHER" }, identity: unverified() });
    show(Home, { client: main, mirror: main, media: noMedia });
    expect(has("button", "Later")).toBe(true);
  });

  it("offers the ways that there are, and a reset always", async () => {
    home(unverified({ ways: { otherDevice: false, recoveryKey: true } }));
    await click(button("Verify"));
    await settled();
    expect(has("button", "With another device")).toBe(false);
    expect(has("button", "With your recovery key")).toBe(true);
    expect(has("button", "I have neither")).toBe(true);
  });

  it("asks the other devices, and leaves the rest to what they answer", async () => {
    const main = home(unverified());
    await click(button("Verify"));
    await click(button("With another device"));
    expect(main.asked).toEqual([["identity.verify", {}]]);
    expect(document.querySelector("[role=dialog]")).toBe(null);
  });

  it("says where the other devices cannot be asked", async () => {
    home(unverified(), { "identity.verify": refused("offline") });
    await click(button("Verify"));
    await click(button("With another device"));
    expect(words()).toContain(errorText("offline"));
  });

  it("takes the recovery key, hidden unless shown, and says beside it what is wrong", async () => {
    let right = false;
    const main = home(unverified(), {
      "identity.recover": () => (right ? undefined : refused("wrong-recovery-key")()),
    });
    await click(button("Verify"));
    await click(button("With your recovery key"));
    const label = t("identity.key");
    const verify = () => one<HTMLButtonElement>("[role=dialog] button[type=submit]", "Verify");
    expect(field(label).type).toBe("password");
    await click(verify());
    expect(saidBeside(label)).toBe(t("identity.key-missing"));
    await type(field(label), "  EsTc wrong \n");
    await click(verify());
    expect(saidBeside(label)).toBe(errorText("wrong-recovery-key"));
    right = true;
    await click(verify());
    expect(main.asked.at(-1)).toEqual(["identity.recover", { key: "EsTc wrong" }]);
    expect(document.querySelector("[role=dialog]")).toBe(null);
  });

  it("can be put right from the settings, and the settings stay", async () => {
    home(unverified());
    await press("Enter", {}, button("Account: Alice"));
    await settled();
    await click(one("[role=menuitem]", "Settings"));
    await settled();
    await click(one("[role=tab]", "Security"));
    expect(words()).toContain(t("security.unverified"));
    await click(one("[role=tabpanel] button", t("identity.verify-title")));
    await settled();
    expect(titled()).toEqual(["Settings", t("identity.verify-title")]);
  });
});

it("tells how far the keys of the past are restored", async () => {
  const main = home(identity({ backup: { phase: "restoring", done: 20, total: 80 } }));
  expect(words()).toContain("Restoring keys: 20 of 80");
  main.change({ identity: identity() });
  await settled();
  expect(words()).not.toContain("Restoring");
});

describe("a reset", () => {
  it("says first what is lost, asks for the password where the server wants it, and shows the new key", async () => {
    const passwords: (string | null)[] = [];
    home(unverified(), {
      "identity.reset": ({ password }) => {
        passwords.push(password);
        if (password === null) return refused("password-needed")();
        return password === "right" ? { recoveryKey: "EsTN ew" } : refused("wrong-password")();
      },
    });
    await click(button("Verify"));
    await click(button("I have neither"));
    await settled();
    for (const loss of ["people", "devices", "past", "key"] as const)
      expect(words()).toContain(t(`identity.reset-${loss}`));
    expect(passwords).toEqual([]);
    await click(button("Reset identity"));
    expect(passwords).toEqual([null]);
    const label = t("identity.password");
    await type(field(label), "wrong");
    await click(button("Reset identity"));
    expect(saidBeside(label)).toBe(errorText("wrong-password"));
    await type(field(label), "right");
    await click(button("Reset identity"));
    await settled();
    expect(passwords).toEqual([null, "wrong", "right"]);
    expect(one("[role=group]", t("identity.your-key")).textContent).toBe("EsTN ew");
  });

  it("that waits for an approval in the browser can be given up", async () => {
    const main = home(unverified(), { "identity.reset": () => new Promise<never>(() => {}) });
    await click(button("Verify"));
    await click(button("I have neither"));
    await settled();
    await click(button("Reset identity"));
    expect(words()).toContain(t("identity.reset-busy"));
    await click(button("Cancel"));
    expect(main.asked.at(-1)).toEqual(["identity.cancel", {}]);
    expect(document.querySelector("[role=dialog]")).toBe(null);
  });

  it("of an account that has no identity loses nothing and warns of nothing", async () => {
    home(unverified({ account: "none", recovery: "unset" }), {
      "identity.reset": () => ({ recoveryKey: "EsTF irst" }),
    });
    await click(button("Set up"));
    await settled();
    expect(words()).not.toContain(t("identity.reset-people"));
    await click(one("[role=dialog] button", "Set up"));
    await settled();
    expect(words()).toContain("EsTF irst");
  });
});

describe("a recovery key", () => {
  const unset = identity({ recovery: "unset" });

  it("is made when the user wants to save it, and put away once they say that they did", async () => {
    const main = home(unset, { "identity.new-recovery-key": () => ({ recoveryKey: "EsTK ey" }) });
    await click(button("Save key"));
    await settled();
    expect(main.asked).toEqual([["identity.new-recovery-key", {}]]);
    expect(words()).toContain("EsTK ey");
    expect(button("Done").disabled).toBe(true);
    await click(one("[role=switch]", ""));
    await click(button("Done"));
    expect(document.querySelector("[role=dialog]")).toBe(null);
  });

  it("that was not saved is warned of once before it goes", async () => {
    home(unset, { "identity.new-recovery-key": () => ({ recoveryKey: "EsTK ey" }) });
    await click(button("Save key"));
    await settled();
    await click(button("Close"));
    expect(words()).toContain(t("identity.unsaved"));
    expect(words()).toContain("EsTK ey");
    await click(button("Close"));
    expect(words()).not.toContain("EsTK ey");
  });

  it("that cannot be made says why, and is tried again", async () => {
    let online = false;
    home(unset, {
      "identity.new-recovery-key": () => (online ? { recoveryKey: "EsTK ey" } : refused("offline")()),
    });
    await click(button("Save key"));
    await settled();
    expect(words()).toContain(errorText("offline"));
    online = true;
    await click(button("Try again"));
    expect(words()).toContain("EsTK ey");
  });

  it("can be put off without a sign in home, and is offered in the settings", async () => {
    home(unset);
    await click(button("Later"));
    expect(words()).not.toContain(sign);
    await press("Enter", {}, button("Account: Alice"));
    await settled();
    await click(one("[role=menuitem]", "Settings"));
    await settled();
    await click(one("[role=tab]", "Security"));
    expect(has("[role=tabpanel] button", "Make recovery key")).toBe(true);
  });
});

describe("the settings for security", () => {
  async function security(state: IdentityState): Promise<FakeMain> {
    const main = home(state);
    await press("Enter", {}, button("Account: Alice"));
    await settled();
    await click(one("[role=menuitem]", "Settings"));
    await settled();
    await click(one("[role=tab]", "Security"));
    return main;
  }

  it("say how this device and its backup are", async () => {
    const main = await security(identity());
    expect(words()).toContain(t("security.verified"));
    expect(words()).toContain("Device ID PHONE");
    expect(words()).toContain(t("security.backup-on"));
    main.change({ identity: identity({ backup: { phase: "restoring", done: 20, total: 80 } }) });
    await settled();
    const bar = document.querySelector("progress");
    expect([bar?.value, bar?.max]).toEqual([20, 80]);
    expect(words()).toContain("Restoring keys: 20 of 80");
  });

  it("change whom the key goes to, and how we say that we are in a call", async () => {
    const main = await security(identity());
    const label = [...document.querySelectorAll("label")].find(
      ({ textContent }) => textContent === t("security.verified-only"),
    );
    await click(one(`[role=switch][id="${label?.htmlFor}"]`, ""));
    expect(has("[role=radio]", t("security.membership-sticky"))).toBe(false);
    await click(button("Advanced"));
    await click(one("[role=radio]", t("security.membership-sticky")));
    expect(main.asked).toEqual([
      ["settings.change", { verifiedOnly: true }],
      ["settings.change", { membership: "sticky" }],
    ]);
  });
});

it("a person is verified from the menu of the direct room, a room of many is not", async () => {
  const main = new FakeMain({
    session: alice,
    identity: identity(),
    rooms: [room("Bob", { direct: "@bob:example.org" }), room("Choir")],
  });
  show(Home, { client: main, mirror: main, media: noMedia });
  await press("Enter", {}, button("More about Choir"));
  await settled();
  expect(has("[role=menuitem]", "Verify…")).toBe(false);
  await press("Escape", {}, document.querySelector("[role=menu]") ?? document.body);
  await settled();
  await press("Enter", {}, button("More about Bob"));
  await settled();
  await click(one("[role=menuitem]", "Verify…"));
  expect(main.asked).toEqual([["identity.verify-person", { user: "@bob:example.org" }]]);
});

it("a device that is not verified vouches for nobody: it is verified first", async () => {
  const main = new FakeMain({
    session: alice,
    identity: unverified(),
    rooms: [room("Bob", { direct: "@bob:example.org" })],
  });
  show(Home, { client: main, mirror: main, media: noMedia });
  await press("Enter", {}, button("More about Bob"));
  await settled();
  await click(one("[role=menuitem]", "Verify…"));
  await settled();
  expect(titled()).toEqual([t("identity.verify-title")]);
  expect(main.asked).toEqual([]);
});
