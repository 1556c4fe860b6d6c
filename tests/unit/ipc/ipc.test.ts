import fc from "fast-check";
import { expect, test, vi } from "vitest";

import { Publisher } from "../../../electron/ipc/publish.ts";
import type { Handlers } from "../../../electron/ipc/serve.ts";
import { tell } from "../../../electron/ipc/tell.ts";
import { Store } from "../../../electron/state/store.ts";
import { AppError } from "../../../shared/errors.ts";
import { createClient } from "../../../shared/ipc/client.ts";
import { commands } from "../../../shared/ipc/contract.ts";
import { initialState, type IdentityState, type VerificationState } from "../../../shared/state/app-state.ts";
import { views } from "../../../shared/state/views.ts";
import { fakeIpc } from "../../support/fake-ipc.ts";

function setup(overrides: Partial<Handlers> = {}) {
  const store = new Store(initialState);
  const publisher = new Publisher(store);
  const served: string[] = [];
  const record = Object.fromEntries(
    Object.keys(commands).map((name) => [name, () => void served.push(name)]),
  );
  // Every command is there; those a test cares about it gives itself.
  const handlers = {
    ...record,
    "window.ready": (_args, caller) => publisher.add(caller),
    ...overrides,
  } as Handlers;
  return { store, served, ...fakeIpc(handlers) };
}

test("a window gets the reply of its command", async () => {
  const { open } = setup({ "call.grant": () => ({ url: "wss://sfu", token: "jwt" }) });
  const reply = await createClient(open("call").bridge).call("call.grant", { transport: "https://sfu" });
  expect(reply).toEqual({ url: "wss://sfu", token: "jwt" });
});

test.each([
  ["a command of another role", "home", "call.grant", { transport: "https://sfu" }, "denied"],
  ["the keys of the call for the home window", "home", "call.keys", {}, "denied"],
  ["an unknown command", "home", "shell.exec", {}, "denied"],
  ["a name off the prototype", "home", "toString", {}, "denied"],
  ["a wrong id", "home", "call.open", { room: "@a:hs", intent: "video" }, "malformed"],
  ["an extra property", "home", "call.open", { room: "!a:hs", intent: "video", admin: true }, "malformed"],
  ["a setting that does not exist", "home", "settings.change", { telemetry: true }, "malformed"],
] as const)("%s is refused", async (_what, role, command, args, code) => {
  const { open, served } = setup();
  expect(await open(role).bridge.invoke(command, args)).toEqual({ ok: false, code });
  expect(served).toEqual([]);
});

test("a stranger's frame is refused", async () => {
  const { open } = setup();
  expect(await open("home", false).bridge.invoke("window.ready", {})).toEqual({ ok: false, code: "denied" });
});

test("whatever a window sends, only a command of its role with well-formed arguments is served", async () => {
  const { open, served } = setup();
  const { bridge } = open("call");
  const name = fc.oneof(fc.constantFrom(...Object.keys(commands)), fc.string());
  await fc.assert(
    fc.asyncProperty(name, fc.anything(), async (command, args) => {
      served.length = 0;
      const reply = await bridge.invoke(command, args).catch((error: unknown) => {
        // What cannot be cloned never leaves the window.
        if (error instanceof DOMException && error.name === "DataCloneError") return undefined;
        throw error;
      });
      const known = Object.entries(commands).find(([key]) => key === command)?.[1];
      if (served.length > 0) expect(known?.from).toContain("call");
      if (!known && reply) expect(reply).toEqual({ ok: false, code: "denied" });
    }),
  );
});

test("an error keeps its code and loses its words", async () => {
  const { open } = setup({
    "call.join": () => {
      throw new AppError("no-transport", "secret path");
    },
    "call.leave": () => {
      throw new TypeError("x is undefined");
    },
  });
  const client = createClient(open("call").bridge);
  await expect(client.call("call.join", { intent: "audio" })).rejects.toMatchObject({
    code: "no-transport",
    message: expect.not.stringContaining("secret"),
  });
  await expect(client.call("call.leave", {})).rejects.toMatchObject({ code: "internal" });
});

test("the log of a malformed login does not hold the password", async () => {
  const { open, lines } = setup();
  await open("home").bridge.invoke("session.login", {
    homeserver: 7,
    user: "alice",
    password: "hunter2-hunter2",
  });
  expect(lines.join("")).toContain("malformed");
  expect(lines.join("")).not.toContain("hunter2");
});

test("a ready window is told all, then only what changed, once per turn", async () => {
  const { store, open } = setup();
  const client = createClient(open("home").bridge);
  const heard = vi.fn();
  client.on("state", heard);
  await client.call("window.ready", {});
  store.update((state) => ({ ...state, session: { phase: "signing-in" } }));
  store.update((state) => ({ ...state, notices: ["weak-storage"] }));
  await Promise.resolve();
  expect(heard.mock.calls).toEqual([
    [views.home(initialState)],
    [{ session: { phase: "signing-in" }, notices: ["weak-storage"] }],
  ]);
});

test("a window hears nothing of what its view leaves out", async () => {
  const { store, open } = setup();
  const client = createClient(open("call").bridge);
  const heard = vi.fn();
  client.on("state", heard);
  await client.call("window.ready", {});
  store.update((state) => ({ ...state, rooms: [] }));
  await Promise.resolve();
  expect(heard.mock.calls).toEqual([[views.call(initialState)]]);
});

const verification: VerificationState = {
  person: { user: "@alice:hs", name: "Alice", avatar: null },
  device: "PHONE",
  incoming: false,
  phase: "compare",
  emoji: [{ symbol: "🐶", name: "Dog" }],
  qr: "shared secret",
  canScan: false,
  reason: null,
};

test("of the identity the call window learns whether this device is verified, and nothing else", async () => {
  const { store, open } = setup();
  const client = createClient(open("call").bridge);
  const heard = vi.fn();
  client.on("state", heard);
  await client.call("window.ready", {});
  const identity = (more: Partial<IdentityState>): void =>
    store.update((state) => ({ ...state, identity: { ...state.identity, ...more } }));
  identity({ verification });
  await Promise.resolve();
  expect(heard.mock.calls).toHaveLength(1);
  identity({ device: "unverified" });
  await Promise.resolve();
  expect(heard.mock.calls.slice(1)).toEqual([[{ ownDevice: "unverified" }]]);
  expect(JSON.stringify(heard.mock.calls)).not.toContain("shared secret");
});

test("media keys never reach the home window", () => {
  const { window } = setup().open("home");
  const key = { identity: "@bob:hs:D", index: 0, key: new Uint8Array(16), own: false };
  expect(() => tell(window, "keys", key)).toThrow("not for the home window");
});
