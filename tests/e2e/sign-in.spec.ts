import { freshName, makeRoom, signUp } from "../support/people.ts";
import { expect, test } from "./fixtures.ts";

test("a person signs in by password and sees their rooms", async ({ stack, caller }) => {
  const { person, home } = await caller("alice");
  const other = await signUp(stack.homeserver, freshName("bob"));
  await makeRoom(person, [other], { name: "Garden party" });
  await expect(home.getByText("Garden party")).toBeVisible();
});

test("a wrong password is said so, and the right one goes on from there", async ({ stack, launch }) => {
  const person = await signUp(stack.homeserver, freshName("alice"));
  const home = await (await launch()).signIn(stack.homeserver.url, person.name, "not it");
  await expect(home.getByText("Wrong username or password")).toBeVisible();
  await home.getByLabel("Password", { exact: true }).fill(person.password);
  await home.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
});

test("a server that does not exist is said so", async ({ launch }) => {
  const home = await (await launch()).window("home");
  await home.getByLabel("Homeserver").fill("127.0.0.1:49151");
  await home.getByRole("button", { name: "Continue" }).click();
  await expect(home.getByText("No server of this name was found")).toBeVisible();
});

test("a restart goes on with the session, and signing out ends it", async ({ caller, launch }) => {
  const { person, app } = await caller("alice");
  await expect(
    (await app.window("home")).getByRole("textbox", { name: "Search people and rooms" }),
  ).toBeVisible();
  await app.close();

  const again = await launch({ profile: app.profile });
  const home = await again.window("home");
  await home.getByRole("button", { name: /^Account:/ }).click();
  await home.getByRole("menuitem", { name: "Sign out" }).click();
  await home.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(home.getByLabel("Homeserver")).toBeVisible();

  const { devices } = await person.request<{ devices: unknown[] }>("GET", "/v3/devices");
  expect(devices).toHaveLength(1);
});

test("a session that another device ended asks to sign in again", async ({ caller }) => {
  const { person, home } = await caller("alice");
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
  await person.request("POST", "/v3/logout/all", {});
  await expect(home.getByText("This device was signed out")).toBeVisible();
});

test("the log of a whole sign-in holds no token and no password", async ({ caller }) => {
  const { person, app, home } = await caller("alice");
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
  const log = await app.log();
  expect(log).not.toMatch(/sy[a-z]_\w{4}/);
  expect(log).not.toContain(person.password);
});
