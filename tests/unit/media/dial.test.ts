import { expect, test } from "vitest";

import { Dial } from "../../../renderer/media/dial.ts";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import { FakeLink } from "./fake-link.ts";

/** A dial whose grants, connections and pauses the test answers. */
function setUp(refusal: ErrorCode | null = null) {
  const links: FakeLink[] = [];
  const pauses: number[] = [];
  const world = { refusal, grants: 0, live: true, goOn: (): void => {} };
  const dial = new Dial({
    open: () => {
      const link = new FakeLink({ encrypted: true, changed: () => {} });
      links.push(link);
      return link;
    },
    grant: async () => {
      if (world.refusal) throw new AppError(world.refusal);
      world.grants += 1;
      return { url: "ws://sfu.example", token: `grant ${world.grants}` };
    },
    changed: () => {},
    live: () => world.live,
    pause: (ms, signal) => {
      pauses.push(ms);
      return new Promise((resolve) => {
        world.goOn = resolve;
        signal.addEventListener("abort", () => resolve());
      });
    },
  });
  const link = (index: number): Promise<FakeLink> =>
    expect
      .poll(() => links[index]?.grant)
      .toBeTruthy()
      .then(() => {
        const found = links[index];
        if (!found) throw new Error("no such dial");
        return found;
      });
  return { dial, links, pauses, world, link };
}

test("the engine starts before its grant is there", () => {
  const { dial, links } = setUp();
  expect([links.length, links[0]?.grant, dial.status]).toEqual([1, null, "connecting"]);
});

test("after a loss it dials again with a fresh grant", async () => {
  const { dial, world, link, pauses } = setUp();
  (await link(0)).stand();
  await expect.poll(() => dial.status).toBe("connected");
  (await link(0)).close();
  await expect.poll(() => pauses.length).toBe(1);
  world.goOn();
  const second = await link(1);
  expect([second.grant?.token, dial.status]).toEqual(["grant 2", "connecting"]);
});

test.each([
  ["grant-refused", "refused"],
  ["grant-mismatch", "misnamed"],
  ["grant-unreachable", "unreachable"],
  ["offline", "unreachable"],
] as const)("a grant that fails with %s is %s, and asked for again", async (refusal, status) => {
  const { dial, links, pauses, world, link } = setUp(refusal);
  for (const tries of [1, 2, 3]) {
    await expect.poll(() => pauses.length).toBe(tries);
    expect(dial.status).toBe(status);
    if (tries === 3) world.refusal = null;
    world.goOn();
  }
  (await link(3)).stand();
  await expect.poll(() => dial.status).toBe("connected");
  expect(links.map((each) => each.status)).toEqual(["closed", "closed", "closed", "connected"]);
});

test("pauses grow to a limit and never end", async () => {
  const { pauses, world } = setUp("offline");
  for (let tries = 1; tries <= 12; tries++) {
    await expect.poll(() => pauses.length).toBe(tries);
    world.goOn();
  }
  expect(pauses.slice(0, 7)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
  expect(new Set(pauses.slice(6))).toEqual(new Set([8000]));
});

test("an SFU without a room is tried often and always anew, and said from the second time on", async () => {
  const { dial, pauses, world, link } = setUp();
  const statuses: string[] = [];
  for (let tries = 0; tries < 6; tries++) {
    const dialled = await link(tries);
    expect(dialled.grant?.token).toBe(`grant ${tries + 1}`);
    dialled.fail(new AppError("sfu-restricted"));
    await expect.poll(() => pauses.length).toBe(tries + 1);
    statuses.push(dial.status);
    world.goOn();
  }
  expect(pauses).toEqual([250, 1000, 2000, 3000, 3000, 3000]);
  expect(statuses).toEqual(["connecting", ...Array<string>(5).fill("restricted")]);
  (await link(6)).stand();
  await expect.poll(() => dial.status).toBe("connected");
});

test("an SFU that got its room and then went is unreachable", async () => {
  const { dial, pauses, world, link } = setUp();
  for (const [tries, why] of [
    new AppError("sfu-restricted"),
    new AppError("sfu-restricted"),
    undefined,
  ].entries()) {
    (await link(tries)).fail(why);
    await expect.poll(() => pauses.length).toBe(tries + 1);
    world.goOn();
  }
  expect(dial.status).toBe("unreachable");
});

test("a network that comes back ends the pause", async () => {
  const { dial, link, pauses } = setUp();
  (await link(0)).fail();
  await expect.poll(() => pauses.length).toBe(1);
  dial.hurry();
  expect((await link(1)).grant?.token).toBe("grant 2");
});

/** Displaced so often, with the user's patience alone between. */
async function displaced(times: number, { link, pauses, world }: ReturnType<typeof setUp>): Promise<void> {
  for (let tries = 0; tries < times; tries++) {
    const dialled = await link(tries);
    dialled.stand();
    dialled.displace();
    await expect.poll(() => pauses.length).toBe(tries + 1);
    if (tries + 1 < times) world.goOn();
  }
}

test("displaced by ourselves elsewhere it says so, and dials again after long pauses that grow", async () => {
  const all = setUp();
  await displaced(5, all);
  expect([all.dial.status, all.pauses]).toEqual(["displaced", [30_000, 60_000, 120_000, 300_000, 300_000]]);
});

test("displaced before it stood is displaced too", async () => {
  const { dial, link, pauses } = setUp();
  (await link(0)).displace();
  await expect.poll(() => pauses).toEqual([30_000]);
  expect(dial.status).toBe("displaced");
});

test("displaced, it is not hurried by a network that comes back, but by the user", async () => {
  const all = setUp();
  await displaced(1, all);
  all.dial.hurry();
  await new Promise<void>((resolve) => setTimeout(resolve));
  expect([all.links.length, all.dial.status]).toEqual([1, "displaced"]);
  all.dial.insist();
  expect(all.dial.status).toBe("connecting");
  const again = await all.link(1);
  again.stand();
  await expect.poll(() => all.dial.status).toBe("connected");
  again.displace();
  await expect.poll(() => all.pauses).toEqual([30_000, 30_000]);
});

test("displaced, it takes the place of nobody while we are not in the call", async () => {
  const all = setUp();
  all.world.live = false;
  await displaced(1, all);
  all.world.goOn();
  await expect.poll(() => all.pauses).toEqual([30_000, 30_000]);
  expect(all.links).toHaveLength(1);
  all.world.live = true;
  all.world.goOn();
  expect((await all.link(1)).grant?.token).toBe("grant 2");
});

test("a closed dial connects no more, though its grant came", async () => {
  const { dial, links } = setUp();
  dial.close();
  await Promise.resolve();
  expect(links.map(({ status, grant }) => [status, grant])).toEqual([["closed", null]]);
});
