import { afterEach, expect, test } from "vitest";

import { Dials, type Aim } from "../../../renderer/media/dials.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Participant } from "../../../shared/state/app-state.ts";
import { FakeLink, remote } from "./fake-link.ts";

const [HOME, AWAY] = ["https://home.example", "https://away.example"];
const open: Dials[] = [];
afterEach(() => open.splice(0).forEach((dials) => dials.close()));

const member = (name: string, transport: string | null, local = false): Participant => ({
  id: name,
  user: `@${name}:hs`,
  device: "D",
  name,
  avatar: null,
  identity: name,
  transport,
  foreign: null,
  ourKey: "sent",
  trust: "signed",
  handAt: null,
  reaction: null,
  local,
  joinedAt: 0,
  key: "have",
});

/** A grant as services make it, for a room of an SFU. */
const grantOf = (url: string, room: string) => ({
  url,
  token: `header.${btoa(JSON.stringify({ video: { room } })).replaceAll("=", "")}.signature`,
});

function setUp(aim: Partial<Aim>, sfuOf: (transport: string) => string | Promise<string> = String) {
  const opened: FakeLink[] = [];
  const current: { aim: Aim } = {
    aim: {
      encrypted: true,
      transport: HOME,
      participants: [],
      live: true,
      sending: [["microphone", null, true]],
      ...aim,
    },
  };
  const dials = new Dials({
    open: (options) => {
      const link = new FakeLink(options);
      opened.push(link);
      return link;
    },
    grant: async (transport) => grantOf(await sfuOf(transport), "room"),
    changed: () => dials.bring(current.aim),
  });
  open.push(dials);
  const bring = (change: Partial<Aim> = {}): void =>
    dials.bring((current.aim = { ...current.aim, ...change }));
  bring();
  const link = async (transport: string): Promise<FakeLink> => {
    await expect.poll(() => opened.some(({ grant }) => grant?.url === transport)).toBe(true);
    const found = opened.findLast(({ grant }) => grant?.url === transport);
    if (!found) throw new Error(`nothing dialled ${transport}`);
    return found;
  };
  return { dials, opened, bring, link };
}

test("in the lobby our own SFU is connected, and nothing is sent, received or dialled elsewhere", async () => {
  const { opened, link } = setUp({ live: false, participants: [member("bob", HOME), member("carol", AWAY)] });
  (await link(HOME)).stand();
  expect(opened).toHaveLength(1);
  expect([opened[0]?.received.size, opened[0]?.sent.get("microphone")?.track]).toEqual([0, null]);
});

test("what could not be sent is sent again, though nothing else changes", async () => {
  const track = {} as MediaStreamTrack;
  const { link } = setUp({ sending: [["camera", track, false]] });
  const home = await link(HOME);
  home.refusals = 2;
  home.stand();
  expect(home.sent.size).toBe(0);
  await expect.poll(() => home.sent.get("camera")).toEqual({ track, muted: false });
});

test("a call that rests sends and receives nothing, and stays on the SFU where we publish alone", async () => {
  const track = {} as MediaStreamTrack;
  const participants = [member("bob", HOME), member("carol", AWAY)];
  const { dials, link, bring } = setUp({ participants, sending: [["camera", track, false]] });
  const [home, away] = [await link(HOME), await link(AWAY)];
  home.stand();
  away.stand();
  expect([home.received, away.received]).toEqual([new Set(["bob"]), new Set(["carol"])]);
  dials.rest();
  expect([home.status, away.status, home.received.size, home.sent.get("camera")?.track]).toEqual([
    "connected",
    "closed",
    0,
    null,
  ]);
  bring();
  expect([home.received, home.sent.get("camera")?.track]).toEqual([new Set(["bob"]), track]);
});

test("while somebody rings their SFU is connected too, and they are not yet heard", async () => {
  const { opened, link, bring } = setUp({ live: false, ahead: true, participants: [member("carol", AWAY)] });
  const away = await link(AWAY);
  away.stand();
  expect([opened.length, away.received.size]).toEqual([2, 0]);
  bring({ live: true, ahead: false });
  expect([opened.length, [...away.received]]).toEqual([2, ["carol"]]);
});

test("each SFU that a member names is connected, and each member is heard over their own alone", async () => {
  const { link } = setUp({
    participants: [member("me", HOME, true), member("bob", HOME), member("carol", AWAY), member("dan", null)],
  });
  const [home, away] = [await link(HOME), await link(AWAY)];
  home.stand();
  away.stand();
  expect([[...home.received], [...away.received]]).toEqual([["bob"], ["carol"]]);
});

test("we send on our own SFU only, and not before it stands", async () => {
  const { link } = setUp({ participants: [member("carol", AWAY)] });
  const [home, away] = [await link(HOME), await link(AWAY)];
  away.stand();
  expect([home.sent.size, away.sent.size]).toEqual([0, 0]);
  home.stand();
  expect([home.sent.size, away.sent.size]).toEqual([1, 0]);
});

test("we send also where somebody listens alone who follows the oldest member, as long as they do", async () => {
  const dave: Participant = { ...member("dave", AWAY), followsOldest: true };
  const { link, bring, opened } = setUp({ participants: [member("carol", AWAY), dave] });
  const [home, away] = [await link(HOME), await link(AWAY)];
  home.stand();
  away.stand();
  expect([home.sent.size, away.sent.size]).toEqual([1, 1]);
  bring({ participants: [member("carol", AWAY), { ...dave, transport: HOME }] });
  await expect.poll(() => opened.length).toBe(3);
  const again = await link(AWAY);
  again.stand();
  expect([away.status, again.sent.size, home.sent.size]).toEqual(["closed", 0, 1]);
});

test("nothing is sent elsewhere while only somebody else's SFU is followed, nor in the lobby", async () => {
  const dave: Participant = { ...member("dave", AWAY), followsOldest: true };
  const { link } = setUp({ live: false, ahead: true, participants: [dave] });
  const away = await link(AWAY);
  away.stand();
  expect(away.sent.size).toBe(0);
});

test("one SFU behind two services is connected once, and those of both are heard over it", async () => {
  const { dials, link, opened, bring } = setUp({ participants: [member("bob", HOME)] }, () => "wss://sfu");
  const home = await link("wss://sfu");
  home.stand();
  await expect.poll(() => dials.connection).toBe("connected");
  bring({ participants: [member("bob", HOME), member("carol", AWAY)] });
  await expect.poll(() => [...home.received]).toEqual(["bob", "carol"]);
  expect([dials.get(AWAY)?.link, home.status]).toEqual([home, "connected"]);
  expect(opened.filter(({ grant, status }) => grant !== null || status !== "closed")).toEqual([home]);
});

test("where both were dialled at once, the one that was thrown out goes by the other", async () => {
  const { dials, opened } = setUp({ participants: [member("carol", AWAY)] }, () => "wss://sfu");
  await expect.poll(() => opened.filter(({ grant }) => grant !== null)).toHaveLength(2);
  const [home, away] = opened;
  away?.stand();
  home?.stand();
  away?.displace();
  await expect.poll(() => [...(home?.received ?? [])]).toEqual(["carol"]);
  expect([dials.get(AWAY)?.link, home?.status]).toEqual([home, "connected"]);
});

test("thrown out by our own second connection, the first comes back and the second goes by it", async () => {
  const { dials, opened } = setUp({ participants: [member("carol", AWAY)] }, () => "wss://sfu");
  await expect.poll(() => opened.filter(({ grant }) => grant !== null)).toHaveLength(2);
  const [home, away] = opened;
  home?.stand();
  away?.stand();
  home?.displace();
  await expect.poll(() => opened[2]?.grant).toBeTruthy();
  opened[2]?.stand();
  away?.displace();
  await expect.poll(() => dials.get(AWAY)?.link).toBe(opened[2]);
  expect(dials.connection).toBe("connected");
});

test("this device joined elsewhere is said, and joining here dials again at once", async () => {
  const { dials, opened, bring, link } = setUp({ live: false });
  (await link(HOME)).stand();
  await expect.poll(() => dials.connection).toBe("connected");
  (await link(HOME)).displace();
  await expect.poll(() => dials.connection).toBe("displaced");
  bring({ live: true });
  await expect.poll(() => opened[1]?.grant).toBeTruthy();
  opened[1]?.stand();
  await expect.poll(() => dials.connection).toBe("connected");
});

test("a connection that does not stand keeps nobody from dialling the same SFU", async () => {
  const { opened } = setUp(
    { participants: [member("mallory", AWAY), member("bob", "https://bob.example")] },
    (of) => (of === HOME ? HOME : "wss://sfu"),
  );
  // Both of them were let in by their services; neither stands.
  await expect.poll(() => opened.filter(({ grant }) => grant?.url === "wss://sfu")).toHaveLength(2);
});

test("who went over a connection that is gone is dialled by their own service", async () => {
  const both = [member("carol", AWAY), member("bob", "https://bob.example")];
  const { dials, link, opened, bring } = setUp({ participants: [member("carol", AWAY)] }, (of) =>
    of === HOME ? HOME : "wss://sfu",
  );
  const away = await link("wss://sfu");
  away.stand();
  await expect.poll(() => dials.get(AWAY)?.status).toBe("connected");
  bring({ participants: both });
  await expect.poll(() => [...away.received]).toEqual(["carol", "bob"]);
  bring({ participants: both.slice(1) });
  await expect.poll(() => opened.at(-1)?.grant?.url).toBe("wss://sfu");
  opened.at(-1)?.stand();
  expect([away.status, ...(opened.at(-1)?.received ?? [])]).toEqual(["closed", "bob"]);
});

test("a service that stalls or refuses is its own people's reason, and keeps nobody else waiting", async () => {
  const refused = "https://refused.example";
  const { dials, link, bring } = setUp(
    { participants: [member("bob", AWAY), member("carol", refused), member("dan", HOME)] },
    (transport) => {
      if (transport === AWAY) return new Promise<string>(() => {});
      if (transport === refused) throw new AppError("grant-refused");
      return transport;
    },
  );
  const home = await link(HOME);
  home.stand();
  bring();
  expect(dials.connection).toBe("connected");
  expect(home.received).toEqual(new Set(["dan"]));
  await expect.poll(() => dials.get(refused)?.status).toBe("refused");
  expect(dials.get(AWAY)?.status).toBe("connecting");
});

test("an SFU that nobody names any more is left", async () => {
  const { bring, link, dials } = setUp({ participants: [member("carol", AWAY)] });
  const away = await link(AWAY);
  bring({ participants: [] });
  expect([away.status, dials.get(AWAY)]).toEqual(["closed", undefined]);
});

test("a key goes to every connection, whichever its participant is on", async () => {
  const { dials, link } = setUp({ participants: [member("carol", AWAY)] });
  const [home, away] = [await link(HOME), await link(AWAY)];
  // The key itself is not looked at.
  dials.setKey("carol", 3, {} as CryptoKey);
  expect([home.keys, away.keys]).toEqual([["carol 3"], ["carol 3"]]);
});

test("a room that became encrypted is dialled anew with encryption", async () => {
  const { opened, bring, link } = setUp({ encrypted: false });
  const clear = await link(HOME);
  bring({ encrypted: true });
  await expect.poll(() => opened.length).toBe(2);
  expect([clear.status, opened[1]?.options.encrypted]).toEqual(["closed", true]);
});

test("a connection that once stood is reconnecting when it is lost", async () => {
  const { dials, link } = setUp({});
  expect(dials.connection).toBe("connecting");
  (await link(HOME)).stand();
  await expect.poll(() => dials.connection).toBe("connected");
  (await link(HOME)).close();
  await expect.poll(() => dials.connection).toBe("reconnecting");
});

test("what is audible are microphones and the sound of screens", async () => {
  const { dials, link } = setUp({ participants: [member("bob", HOME)] });
  const home = await link(HOME);
  const bob = remote("bob", { camera: {}, microphone: {}, "screen-audio": {} });
  home.remotes.set("bob", bob);
  home.stand();
  expect([...dials.audible()]).toEqual([
    bob.tracks.get("microphone")?.attach,
    bob.tracks.get("screen-audio")?.attach,
  ]);
});
