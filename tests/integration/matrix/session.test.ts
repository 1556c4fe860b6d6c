import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import {
  acceptInvitation,
  directRoom,
  refuseInvitation,
  searchPeople,
} from "../../../electron/matrix/people.ts";
import { isRoomId, type RoomId, type UserId } from "../../../shared/matrix/ids.ts";
import { startStack, type Stack } from "../../stack/stack.ts";
import { mainProcess } from "../../support/main-process.ts";
import { callMemberType, freshName, join, makeRoom, signUp, stateOf } from "../../support/people.ts";
import { signInParts } from "../../support/signed-in.ts";

let stack: Stack;
const open: Awaited<ReturnType<typeof signInParts>>[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());
afterEach(async () => {
  for (const main of open.splice(0)) {
    await main.quit();
    await main.remove();
  }
});

async function start(options?: Parameters<typeof signInParts>[0]) {
  const main = await signInParts(options);
  open.push(main);
  return main;
}

test("a login runs, and a restart goes on with it without asking for everything again", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  await vi.waitFor(() =>
    expect(main.store.state.session).toMatchObject({ phase: "signed-in", user: alice.userId, sync: "live" }),
  );
  const { device } = main.signIn.required.session;
  await main.signIn.close();

  const syncs: string[] = [];
  const again = await start({
    folder: main.folder,
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.pathname.endsWith("/sync")) syncs.push(url.searchParams.get("since") ?? "initial");
      return fetch(input, init);
    },
  });
  await again.signIn.restore();
  await vi.waitFor(() =>
    expect(again.store.state.session).toMatchObject({ phase: "signed-in", device, sync: "live" }),
  );
  expect(syncs).not.toContain("initial");
});

test.each([
  ["a wrong password", (password: string) => `${password}?`, "wrong-password"],
  ["an empty password", () => "", "wrong-password"],
])("%s is told apart", async (_what, typed, code) => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await expect(
    main.signIn.login(stack.homeserver.url, alice.name, typed(alice.password)),
  ).rejects.toMatchObject({ code });
  expect(main.store.state.session.phase).not.toBe("signed-in");
});

test("a session that was ended elsewhere leads back to the sign-in, with the reason", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  await alice.request("POST", "/v3/logout/all", {});
  await vi.waitFor(
    () =>
      expect(main.store.state.session).toMatchObject({ phase: "signed-out", reason: "signed-out-elsewhere" }),
    20_000,
  );
});

test("signing out ends the device on the server", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  await main.signIn.logout();
  expect(main.store.state.session).toEqual({ phase: "signed-out", reason: null, again: null });
  const { devices } = await alice.request<{ devices: unknown[] }>("GET", "/v3/devices");
  expect(devices).toHaveLength(1);
});

test("two apps on one profile: the second says so, and the first goes on", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  const second = await start({ folder: main.folder });
  await second.signIn.restore();
  expect(second.store.state.session).toEqual({ phase: "failed", code: "store-locked" });
  expect(main.store.state.session.phase).toBe("signed-in");
});

test("a direct room is encrypted, lets both into calls, and is found again", async () => {
  const [alice, bob] = [
    await signUp(stack.homeserver, freshName("alice")),
    await signUp(stack.homeserver, freshName("bob")),
  ];
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  const { client } = main.signIn.required;
  const room = await directRoom(client, bob.userId as UserId);
  expect(isRoomId(room)).toBe(true);
  await join(bob, room);

  const [encryption] = await stateOf(bob, room, "m.room.encryption");
  expect(encryption?.content["algorithm"]).toBe("m.megolm.v1.aes-sha2");
  const [power] = await stateOf(bob, room, "m.room.power_levels");
  expect(power?.content["events"]).toMatchObject({ [callMemberType]: 0 });

  await vi.waitFor(async () => expect(await directRoom(client, bob.userId as UserId)).toBe(room));
});

test("nobody of that name is said so", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  const { client } = main.signIn.required;
  const nobody = `@nobody-${Date.now()}:${stack.homeserver.serverName}` as const;
  await expect(directRoom(client, nobody)).rejects.toMatchObject({ code: "user-not-found" });
  expect(await searchPeople(client, nobody)).toEqual([]);
});

test("a person is found by their whole address", async () => {
  const [alice, bob] = [
    await signUp(stack.homeserver, freshName("alice")),
    await signUp(stack.homeserver, freshName("bob")),
  ];
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  const found = await searchPeople(main.signIn.required.client, bob.userId);
  expect(found).toMatchObject([{ user: bob.userId, name: expect.stringMatching(/^Bob/) }]);
});

test("single sign-on goes to the browser and can be cancelled", async () => {
  const main = await start();
  const waiting = main.signIn.singleSignOn(stack.homeserver.url);
  await vi.waitFor(() => expect(main.opened).toHaveLength(1));
  expect(main.opened[0]).toContain(
    "/_matrix/client/v3/login/sso/redirect?redirectUrl=http%3A%2F%2F127.0.0.1%3A",
  );
  expect(main.store.state.session.phase).toBe("signing-in");
  main.signIn.cancelSingleSignOn();
  await expect(waiting).rejects.toMatchObject({ code: "login-cancelled" });
});

test("whatever happened here, no log line holds a token or a password", async () => {
  const alice = await signUp(stack.homeserver, freshName("alice"));
  const main = await start();
  await main.signIn.login(stack.homeserver.url, alice.name, alice.password);
  const { accessToken, storageKey } = main.signIn.required.session;
  await alice.request("POST", "/v3/logout/all", {});
  await vi.waitFor(() => expect(main.store.state.session.phase).toBe("signed-out"), 60_000);
  const log = main.lines.join("");
  for (const secret of [accessToken, storageKey, alice.password]) expect(log).not.toContain(secret);
});

test("whoever is invited sees from whom, accepts, and has a direct room", async () => {
  const [alice, bob] = [
    await signUp(stack.homeserver, freshName("alice")),
    await signUp(stack.homeserver, freshName("bob")),
  ];
  const calling = await mainProcess();
  const called = await mainProcess();
  open.push(calling, called);
  await calling.login(alice);
  await called.login(bob);
  const room = await directRoom(calling.signIn.required.client, bob.userId as UserId);
  await vi.waitFor(
    () =>
      expect(called.store.state.invitations).toMatchObject([
        { room, direct: true, from: { user: alice.userId } },
      ]),
    20_000,
  );

  await acceptInvitation(called.signIn.required.client, room);
  await vi.waitFor(
    () =>
      expect(called.store.state).toMatchObject({
        invitations: [],
        rooms: [{ id: room, direct: alice.userId, canCall: true }],
      }),
    20_000,
  );
});

test("an invitation that is refused is gone", async () => {
  const [alice, bob] = [
    await signUp(stack.homeserver, freshName("alice")),
    await signUp(stack.homeserver, freshName("bob")),
  ];
  const called = await mainProcess();
  open.push(called);
  await called.login(bob);
  const room = (await makeRoom(alice, [], { name: "Spam" })) as RoomId;
  await alice.request("POST", `/v3/rooms/${encodeURIComponent(room)}/invite`, { user_id: bob.userId });
  await vi.waitFor(
    () => expect(called.store.state.invitations).toMatchObject([{ room, direct: false }]),
    20_000,
  );
  await refuseInvitation(called.signIn.required.client, room);
  await vi.waitFor(() => expect(called.store.state.invitations).toEqual([]), 60_000);
});
