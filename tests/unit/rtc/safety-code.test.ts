import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { safetyCode } from "../../../electron/calls/safety-code.ts";
import type { KnownDevice, TrustBook } from "../../../electron/rtc/trust.ts";
import type { MemberView } from "../../../electron/rtc/types.ts";
import type { RoomId } from "../../../shared/matrix/ids.ts";
import { safetyDigits, safetyText, type SafetyDevice } from "../../../shared/rtc/safety-code.ts";

interface Vector {
  readonly room: RoomId;
  readonly devices: readonly SafetyDevice[];
  readonly text: string;
  readonly code: string;
}
const page = readFileSync(join(import.meta.dirname, "../../../docs/safety-code.md"), "utf8");
// Our own page, in the shape of the vectors.
const vectors = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json ?? "") as Vector);
const codeOf = (text: string) => safetyDigits(createHash("sha512").update(text).digest());

test("the documented vectors are what we compute", () => {
  expect(vectors).toHaveLength(3);
  for (const { room, devices, text, code } of vectors) {
    expect(safetyText(room, devices)).toBe(text);
    expect(codeOf(text)).toBe(code);
  }
});

test("a code is twelve groups of five digits, zeros in front included", () => {
  expect(safetyDigits(new Uint8Array(64))).toBe(Array(12).fill("00000").join(" "));
  expect(safetyDigits(new Uint8Array(64).fill(255))).toBe(Array(12).fill("27775").join(" "));
});

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, ""));
const people = fc
  .uniqueArray(
    fc.record({
      user: fc.string({ unit: "grapheme", maxLength: 6 }).map((name) => `@${name}:hs` as const),
      master: fc.option(key),
      devices: fc.uniqueArray(
        fc.record({ device: fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }), fingerprint: key }),
        { minLength: 1, maxLength: 3, selector: ({ device }) => device },
      ),
    }),
    { minLength: 1, maxLength: 4, selector: ({ user }) => user },
  )
  .map((list): SafetyDevice[] =>
    list.flatMap(({ user, master, devices }) => devices.map((device) => ({ ...device, user, master }))),
  );
const shuffled = people.chain((devices) =>
  fc.tuple(
    fc.constant(devices),
    fc.shuffledSubarray([...devices, ...devices], { minLength: devices.length }),
  ),
);

test("neither order nor being named twice matters", () => {
  fc.assert(
    fc.property(shuffled, ([devices, mixed]) => {
      expect(safetyText("!r:hs", [...devices, ...mixed])).toBe(safetyText("!r:hs", devices));
    }),
  );
});

test("any other room, person, device or key is another text", () => {
  fc.assert(
    fc.property(people, people, fc.constantFrom<RoomId>("!r:hs", "!r:h s"), (one, other, room) => {
      const facts = (list: readonly SafetyDevice[]) =>
        JSON.stringify(
          list
            .map(({ user, device, fingerprint, master }) => [user, device, fingerprint, master])
            .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
        );
      const same = room === "!r:hs" && facts(one) === facts(other);
      expect(safetyText("!r:hs", one) === safetyText(room, other)).toBe(same);
    }),
  );
  const [{ room, devices, text } = { room: "!r:hs" as const, devices: [], text: "" }] = vectors;
  const [first, ...rest] = devices;
  if (!first) throw new Error("no vector");
  const changes: Partial<SafetyDevice>[] = [
    { user: "@mallory:example.org" },
    { device: "OTHER" },
    { fingerprint: "A".repeat(43) },
    { master: "A".repeat(43) },
    { master: null },
  ];
  for (const change of changes) {
    const changed = safetyText(room, [{ ...first, ...change }, ...rest]);
    expect(changed).not.toBeNull();
    expect(codeOf(changed ?? "")).not.toBe(codeOf(text));
  }
});

test("names cannot pass for lines of the text", () => {
  const alice = { user: "@a:hs", device: "A", fingerprint: "a".repeat(43), master: null } as const;
  const forged = { ...alice, device: `A ${"a".repeat(43)}\ndevice B` };
  expect(safetyText("!r:hs", [forged])?.split("\n")).toHaveLength(5);
});

test.each<[string, Partial<SafetyDevice>]>([
  ["a device without a name", { device: "" }],
  ["a device without a key", { fingerprint: null }],
  ["a key that is none", { fingerprint: "short" }],
  ["a master key that is none", { master: "-" }],
  ["a name that is no Unicode", { device: "\ud800" }],
  ["a second master key for the same person", { device: "OTHER", master: "A".repeat(43) }],
  ["a second key for the same device", { fingerprint: "A".repeat(43) }],
])("with %s there is no code", (_, change) => {
  const [{ room, devices } = { room: "!r:hs" as const, devices: [] }] = vectors;
  const [first] = devices;
  if (!first) throw new Error("no vector");
  expect(safetyText(room, [...devices, { ...first, ...change }])).toBeNull();
});

test("who is alone, not in the call, or with somebody who is not known, has none", () => {
  const [vector] = vectors;
  const [bob, alice] = vector?.devices ?? [];
  if (!vector || !bob || !alice) throw new Error("no vector");
  const known = new Map(
    vector.devices.map(({ device, fingerprint, master }): [string, KnownDevice] => [
      device,
      { trust: "signed", fingerprint, master },
    ]),
  );
  const book: TrustBook = { of: (_, device) => known.get(device) ?? null, onChange: () => () => {} };
  const member = ({ user, device }: SafetyDevice, own = false) =>
    ({ user, device, own, id: `${user}|${device}` }) as MemberView;
  const of = (...members: readonly MemberView[]) => safetyCode(book, vector.room, members);
  expect(of(member(alice, true), member(bob))).toBe(vector.code);
  expect(of(member(alice), member(bob, true))).toBe(vector.code);
  expect(of(member(alice, true))).toBeNull();
  expect(of(member(alice), member(bob))).toBeNull();
  expect(of(member(alice, true), member(bob), member({ ...bob, device: "UNKNOWN" }))).toBeNull();
  expect(of(member(alice, true), member({ ...bob, device: "" }))).toBeNull();
});
