import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { EventId } from "../../../shared/matrix/ids.ts";
import {
  cameFirstAt,
  LEGACY_MEMBER,
  readMemberEvent,
  type Membership,
} from "../../../shared/rtc/member-event.ts";
import {
  isOurNonce,
  phaseOf,
  stateKeyOf,
  type MembershipEffect,
  type MembershipEvent,
  type OwnMembership,
  type Request,
} from "../../../shared/rtc/membership-state.ts";
import { enter, stepMembership } from "../../../shared/rtc/membership.ts";
import { ALICE } from "./call-world.ts";
import { NOW, self, type Happening } from "./hand.ts";

/** One state key of a homeserver, and the delayed leaves that would empty it. */
class Server {
  now = NOW;
  readonly events: { readonly id: EventId; readonly content: object; readonly sentAt: number }[] = [];
  readonly #delayed = new Map<string, Copy>();

  write(content: object): EventId {
    const id = `$${this.events.length}` as EventId;
    this.events.push({ id, content, sentAt: this.now++ });
    return id;
  }

  /** Where the SFU lets a name in anew, the service in front of it takes whoever had it before for gone. */
  fires(of: Copy): void {
    for (const [id, copy] of this.#delayed) {
      if (copy !== of) continue;
      this.#delayed.delete(id);
      this.write({});
    }
  }

  serve(copy: Copy, request: Request): Happening {
    switch (request.kind) {
      case "schedule":
      case "schedule-deputy": {
        const delayId = `d${this.now++}`;
        this.#delayed.set(delayId, copy);
        return { type: "done", request, delayId };
      }
      case "join":
        return { type: "done", request, eventId: this.write(request.content) };
      case "leave":
        this.write({});
        return { type: "done", request };
      case "delegate":
        return { type: "done", request, taken: true };
      default: {
        if (!this.#delayed.has(request.delayId))
          return { type: "failed", request, kind: "not-found", retryAfterMs: null, maxDelayMs: null };
        if (request.kind === "fire") this.write({});
        if (request.kind === "fire" || request.kind === "cancel") this.#delayed.delete(request.delayId);
        return { type: "done", request };
      }
    }
  }
}

/** A run of the app, as far from the server as its requests, answers and syncs have come. */
class Copy {
  state: OwnMembership;
  readonly #server: Server;
  readonly #requests: Request[] = [];
  readonly #answers: Happening[] = [];
  #synced: number;

  constructor(server: Server, nonce: string) {
    this.#server = server;
    this.#synced = server.events.length;
    const [state, effects] = enter({ self, intent: "video", nonce, stale: [], now: server.now });
    this.state = state;
    this.#take(effects);
    this.#look();
  }

  /** The next thing of this kind that can happen; false where none can. */
  happens(what: "serve" | "answer" | "sync" | "time"): boolean {
    if (what === "serve") {
      const request = this.#requests.shift();
      if (request) this.#answers.push(this.#server.serve(this, request));
      return request !== undefined;
    }
    if (what === "answer") {
      const answer = this.#answers.shift();
      if (answer) this.step(answer);
      return answer !== undefined;
    }
    if (what === "time") this.step({ type: "time" });
    else if (this.#synced === this.#server.events.length) return false;
    else {
      this.#synced = this.#server.events.length;
      this.#look();
    }
    return true;
  }

  step(event: Happening): void {
    const [state, effects] = stepMembership(this.state, {
      ...event,
      now: this.#server.now,
    } as MembershipEvent);
    this.state = state;
    this.#take(effects);
  }

  #take(effects: readonly MembershipEffect[]): void {
    for (const effect of effects) if (effect.type === "request") this.#requests.push(effect.request);
  }

  #look(): void {
    const standing = membershipOf(this.#server);
    const own = standing !== null && isOurNonce(this.state, standing.nonce ?? "");
    this.step({
      type: "seen",
      ours: standing ? { nonce: standing.nonce ?? "", sentAt: standing.joinedAt } : null,
      redacted: null,
      twinAt: own || !standing ? null : cameFirstAt(standing),
    });
  }
}

function membershipOf({ events, now }: Server): Membership | null {
  const last = events.at(-1);
  if (!last) return null;
  const reading = readMemberEvent(
    {
      type: LEGACY_MEMBER,
      stateKey: stateKeyOf(self, false),
      eventId: last.id,
      sender: ALICE,
      sentAt: last.sentAt,
      content: last.content,
      stickyUntil: null,
    },
    now,
  );
  return reading.kind === "member" ? reading.membership : null;
}

const ways = ["serve", "answer", "sync", "time"] as const;

function settle(server: Server, ...copies: readonly Copy[]): void {
  for (let second = 0; second < 180; second++) {
    for (let some = true; some;) {
      some = false;
      for (const copy of copies)
        for (const what of ["serve", "answer", "sync"] as const) some = copy.happens(what) || some;
    }
    server.now += 1_000;
    for (const copy of copies) copy.happens("time");
  }
}

const moment = fc.oneof(
  { weight: 6, arbitrary: fc.record({ who: fc.nat(1), what: fc.constantFrom(...ways) }) },
  { weight: 1, arbitrary: fc.constant("fires" as const) },
);

/** Two copies, the second of which comes when the first has come so far, and all that happens to them. */
function run(
  settled: boolean,
  moments: readonly (typeof moment extends fc.Arbitrary<infer T> ? T : never)[],
) {
  const server = new Server();
  const first = new Copy(server, "first");
  if (settled) {
    settle(server, first);
    first.step({ type: "on-sfu", on: true });
    settle(server, first);
  }
  const second = new Copy(server, "second");
  for (const at of moments) {
    server.now += 7;
    if (at === "fires") server.fires(first);
    else (at.who === 0 ? first : second).happens(at.what);
  }
  settle(server, first, second);
  return { phases: [phaseOf(first.state), phaseOf(second.state)], standing: membershipOf(server)?.nonce };
}

test("of two copies of the app on one device the one that came last stays, however their words cross", () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
      const { phases, standing } = run(true, moments);
      expect(phases).toEqual(["left", "live"]);
      expect(standing).toMatch(/^second\./);
    }),
    { numRuns: 300 },
  );
});

test("of two copies that come at once one stays, and its membership stands", () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
      const { phases, standing } = run(false, moments);
      expect(phases.toSorted()).toEqual(["left", "live"]);
      expect(standing).toMatch(phases[0] === "live" ? /^first\./ : /^second\./);
    }),
    { numRuns: 300 },
  );
});
