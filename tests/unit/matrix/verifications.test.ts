import { EventEmitter } from "node:events";

import type { MatrixClient } from "matrix-js-sdk";
import {
  CryptoEvent,
  VerificationPhase,
  type VerificationRequest,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { expect, test } from "vitest";

import { Verifications } from "../../../electron/matrix/verifications.ts";
import { collectLog } from "../../support/collect-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** What somebody asks; the SDK's own needs a homeserver and two devices. */
class Asked extends EventEmitter {
  phase = VerificationPhase.Requested;
  readonly initiatedByMe = false;
  readonly accepting = false;
  readonly cancellationCode = null;
  readonly verifier = undefined;
  readonly otherUserId: string;
  readonly otherDeviceId = "OTHER";
  readonly roomId: string | undefined;
  readonly timeout = 600_000;
  cancels = 0;

  constructor(otherUserId: string) {
    super();
    this.otherUserId = otherUserId;
    this.roomId = this.isSelfVerification ? undefined : "!room:hs";
  }

  get isSelfVerification(): boolean {
    return this.otherUserId === "@alice:hs";
  }

  otherPartySupportsMethod = () => false;

  cancel = () => {
    this.cancels++;
    this.phase = VerificationPhase.Cancelled;
    return Promise.resolve();
  };
}

function setup() {
  const events = new EventEmitter();
  // Only what requests that come in need of a client.
  const client = Object.assign(events, {
    getRoom: () => ({ getMyMembership: () => "join", getMember: () => null }),
    isUserIgnored: () => false,
  }) as unknown as MatrixClient;
  const clock = new FakeClock();
  const verifications = new Verifications({ client, clock, log: collectLog().log, onChange: () => {} });
  return {
    clock,
    verifications,
    shown: () => verifications.state?.person.user ?? null,
    comes(user: string): Asked {
      const request = new Asked(user);
      events.emit(CryptoEvent.VerificationRequestReceived, request as unknown as VerificationRequest);
      return request;
    },
  };
}

test("a person whose request gave way to a device of ours is shown after it", async () => {
  const { verifications, comes, shown } = setup();
  const bob = comes("@bob:hs");
  expect(shown()).toBe("@bob:hs");
  comes("@alice:hs");
  expect(shown()).toBe("@alice:hs");
  await verifications.cancel();
  expect(shown()).toBe("@bob:hs");
  expect(bob.cancels).toBe(0);
});

test("whoever asked later goes before the one that gave way", async () => {
  const { verifications, comes, shown } = setup();
  comes("@bob:hs");
  comes("@carol:hs");
  comes("@alice:hs");
  await verifications.cancel();
  expect(shown()).toBe("@carol:hs");
});

test("the time of a request that is not shown does not run out here", async () => {
  const { clock, comes } = setup();
  const bob = comes("@bob:hs");
  comes("@alice:hs");
  await clock.advance(600_000);
  expect(bob.cancels).toBe(0);
});

test("the time of the one that is shown does", async () => {
  const { clock, comes } = setup();
  const bob = comes("@bob:hs");
  await clock.advance(600_000);
  expect(bob.cancels).toBe(1);
});
