import { describe, expect, test } from "vitest";

import { keyPolicy, type KnownDevice, type TrustBook } from "../../../electron/rtc/trust.ts";
import { isVouchedFor, trustOf, type DeviceFacts, type IdentityFacts } from "../../../shared/rtc/trust.ts";
import type { Trust } from "../../../shared/state/app-state.ts";

const nobody: IdentityFacts = { master: null, verified: false, wasVerified: false, replaced: false };
const seen: IdentityFacts = { ...nobody, master: "M" };
const verified: IdentityFacts = { ...seen, verified: true, wasVerified: true };
const signed: DeviceFacts = { fingerprint: "F", signed: true };
const unsigned: DeviceFacts = { fingerprint: "F", signed: false };

test.each<[string, IdentityFacts, DeviceFacts | null, Trust]>([
  ["a device that nobody lists", seen, null, "unknown"],
  ["a device of somebody without an identity", nobody, unsigned, "unverified"],
  ["a device that its owner did not sign", seen, unsigned, "unverified"],
  ["one that its owner did not sign, though we verified the owner", verified, unsigned, "unverified"],
  ["a device that its owner signed", seen, signed, "signed"],
  ["one whose owner we verified as well", verified, signed, "verified"],
  ["one of an identity in the place of another", { ...seen, replaced: true }, signed, "changed"],
  ["one of an identity in the place of a verified one", { ...seen, wasVerified: true }, signed, "changed"],
  ["an unlisted one of such an identity", { ...seen, replaced: true }, null, "changed"],
])("%s", (_, owner, device, trust) => expect(trustOf(owner, device)).toBe(trust));

test("vouched for is what its owner signed, unless the owner is not the one that was", () => {
  const all: Trust[] = ["unknown", "verified", "signed", "unverified", "changed"];
  expect(all.filter(isVouchedFor)).toEqual(["verified", "signed"]);
});

describe("the key policy", () => {
  function setup() {
    const known = new Map<string, KnownDevice>();
    const [trusts, choices] = [new Set<() => void>(), new Set<() => void>()];
    const book: TrustBook = {
      of: (_, device) => known.get(device) ?? null,
      onChange: (listener) => {
        const heard = () => listener("@bob:hs");
        trusts.add(heard);
        return () => trusts.delete(heard);
      },
    };
    let only = false;
    const policy = keyPolicy(
      book,
      () => only,
      (listener) => {
        choices.add(listener);
        return () => choices.delete(listener);
      },
    );
    let changes = 0;
    const stop = policy.onChange(() => changes++);
    return {
      policy,
      stop,
      changes: () => changes,
      allows: (device: string) => policy.allows("@bob:hs", device),
      trust(device: string, trust: Trust) {
        known.set(device, { trust, fingerprint: null, master: null });
        for (const tell of trusts) tell();
      },
      choose(now: boolean) {
        only = now;
        for (const tell of choices) tell();
      },
    };
  }

  test("lets everybody have our key until the user wants otherwise", () => {
    const { allows, choose, trust, changes } = setup();
    trust("A", "unverified");
    expect([allows("A"), allows("B")]).toEqual([true, true]);
    expect(changes()).toBe(0);
    choose(true);
    // Of whom nothing is known yet, nothing is said.
    expect([allows("A"), allows("B"), changes()]).toEqual([false, null, 1]);
    trust("A", "signed");
    expect([allows("A"), changes()]).toEqual([true, 2]);
    choose(false);
    expect([allows("B"), changes()]).toEqual([true, 3]);
  });

  test("says nothing where the choice is the same, or nobody listens any more", () => {
    const { choose, changes, stop } = setup();
    choose(false);
    expect(changes()).toBe(0);
    stop();
    choose(true);
    expect(changes()).toBe(0);
  });
});
