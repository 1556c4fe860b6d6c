import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { listsOf, strangersOf } from "../../../../renderer/home/lists.ts";
import type { RoomSummary } from "../../../../shared/state/app-state.ts";
import { room } from "../support/fake-main.svelte.ts";

const names = (rooms: readonly RoomSummary[]) => rooms.map(({ name }) => name);
const callOf = (since: number) => ({ since, intent: "video" as const, people: [] });
/** Any UTF-16 unit, broken pairs too. */
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
const me = "@alice:example.org";

describe("listsOf", () => {
  const rooms = [
    room("Choir", { activeAt: 1 }),
    room("Operations", { activeAt: 3 }),
    room("Bob", { direct: "@bob:example.org", activeAt: 1 }),
    room("Chloé Martin", { direct: "@cm:example.org", activeAt: 2 }),
    room("Early", { call: callOf(10) }),
    room("Late", { call: callOf(20), direct: "@late:example.org" }),
  ];

  it("puts running calls first, the latest on top, then people and rooms as they were active", () => {
    const lists = listsOf(rooms, [], "");
    expect(names(lists.running)).toEqual(["Late", "Early"]);
    expect(names(lists.people)).toEqual(["Chloé Martin", "Bob"]);
    expect(names(lists.rooms)).toEqual(["Operations", "Choir"]);
  });

  it.each([
    ["chloe", ["Chloé Martin"]],
    ["  MARTIN  chl ", ["Chloé Martin"]],
    ["@cm", ["Chloé Martin"]],
    ["o", ["Chloé Martin", "Bob", "Operations", "Choir"]],
    ["nobody", []],
  ])("finds for %j %j", (term, found) => {
    const { running, people, rooms: others } = listsOf(rooms, [], term);
    expect(names([...people, ...others])).toEqual(found.filter((name) => !names(running).includes(name)));
  });

  it("lists every room once for the empty term, whatever its name", () => {
    const any = fc.record({
      name: fc.string({ unit: anyUnit, maxLength: 12 }),
      direct: fc.option(fc.constant("@x:example.org" as const)),
      call: fc.option(fc.nat().map(callOf)),
      activeAt: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (made) => {
        const given = made.map((more, index) => room("r", { ...more, id: `!${index}:example.org` }));
        const { running, people, rooms: others } = listsOf(given, [], " ");
        const ids = [...running, ...people, ...others].map(({ id }) => id);
        expect(ids.toSorted()).toEqual(given.map(({ id }) => id).toSorted());
      }),
    );
  });
});

describe("strangersOf", () => {
  const bob = { user: "@bob:example.org", name: "Bob", avatar: null } as const;
  const carol = { user: "@carol:other.org", name: "Carol", avatar: null } as const;

  it("leaves out oneself and those with a direct room", () => {
    const rooms = [room("Bob", { direct: bob.user })];
    const self = { user: me, name: "Alice", avatar: null } as const;
    expect(strangersOf("o", [bob, carol, self], rooms, me)).toEqual([carol]);
  });

  it("offers a full user ID that the server did not find", () => {
    expect(strangersOf(" @dan:elsewhere.net ", [], [], me)).toEqual([
      { user: "@dan:elsewhere.net", name: "@dan:elsewhere.net", avatar: null },
    ]);
  });

  it.each(["dan", "@dan", "@dan:", "@dan:else where", me])("offers nobody for %j", (term) => {
    expect(strangersOf(term, [], [], me)).toEqual([]);
  });

  it("offers somebody once who was both found and typed", () => {
    expect(strangersOf(carol.user, [carol], [], me)).toEqual([carol]);
  });
});
