import type { MatrixClient } from "matrix-js-sdk";
import {
  CryptoEvent,
  VerificationPhase,
  type VerificationRequest,
} from "matrix-js-sdk/lib/crypto-api/index.js";

import { AppError } from "../../shared/errors.ts";
import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import type { VerificationState } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../rtc/ports.ts";
import { cryptoOf } from "./cross-signing.ts";
import { on } from "./listen.ts";
import { directRoom } from "./people.ts";
import { person } from "./rooms.ts";
import { toAppError } from "./request-error.ts";
import { Verification } from "./verification.ts";

/** For so long whoever was refused is not shown again. */
const REFUSED_MS = 10 * 60_000;

export interface VerificationsParts {
  readonly client: MatrixClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/**
 * The verification under way; there is one at a time. Requests that come meanwhile are not answered, so that a device of ours that is
 * free can take them up and nobody can end one by asking; the newest of them is shown after. Two devices of ours that ask at the same
 * time end each other's request: the crypto library takes that for an attack.
 */
export class Verifications {
  readonly #parts: VerificationsParts;
  readonly #stopListening: () => void;
  readonly #refusedUntil = new Map<string, number>();
  #now: Verification | null = null;
  #next: VerificationRequest | null = null;

  constructor(parts: VerificationsParts) {
    this.#parts = parts;
    this.#stopListening = on(parts.client, CryptoEvent.VerificationRequestReceived, (request) =>
      this.#received(request),
    );
  }

  get state(): VerificationState | null {
    return this.#now?.state ?? null;
  }

  /** Asks our other devices; what was under way is given up for it. @throws AppError `verification-failed`, `offline`, … */
  async verify(): Promise<void> {
    await this.#begin(() => cryptoOf(this.#parts.client).requestOwnUserVerification());
  }

  /** Asks a person in the direct room with them, which is made where there is none. @throws AppError as `verify` */
  async verifyPerson(user: UserId): Promise<void> {
    const { client } = this.#parts;
    const room = await directRoom(client, user);
    await this.#begin(async () => {
      const crypto = cryptoOf(client);
      // Somebody with whom we share no encrypted room is not known yet.
      await crypto.getUserDeviceInfo([user], true);
      return crypto.requestVerificationDM(user, room);
    });
  }

  accept(): Promise<void> {
    return this.#required.accept();
  }

  compare(): Promise<void> {
    return this.#required.compare();
  }

  scanned(data: string): Promise<void> {
    return this.#required.scanned(Buffer.from(data, "base64"));
  }

  confirm(same: boolean): Promise<void> {
    return this.#required.confirm(same);
  }

  /** Refuses it, gives it up, or puts it away where it is over. */
  async cancel(): Promise<void> {
    const ended = this.#now;
    if (!ended) return;
    const { otherUserId, isSelfVerification } = ended.request;
    if (ended.isIncoming && ended.isOpen && !isSelfVerification)
      this.#refusedUntil.set(otherUserId, this.#parts.clock.now() + REFUSED_MS);
    this.#putAway();
    const [cancelled, next] = [ended.cancel(), this.#next];
    this.#next = null;
    if (next && this.#isWelcome(next)) this.#show(next);
    await cancelled;
  }

  stop(): void {
    this.#stopListening();
    const ended = this.#now;
    this.#now = null;
    ended?.drop();
    // The other side need not wait for the end of its time.
    void ended?.cancel();
  }

  get #required(): Verification {
    if (!this.#now || this.#now.isOver) throw new AppError("verification-failed", "none is under way");
    return this.#now;
  }

  async #begin(ask: () => Promise<VerificationRequest>): Promise<void> {
    const given = this.#now;
    this.#putAway();
    await given?.cancel();
    try {
      this.#show(await ask());
    } catch (error) {
      const { code } = toAppError(error);
      throw new AppError(code === "internal" ? "verification-failed" : code, "no request", { cause: error });
    }
  }

  #received(request: VerificationRequest): void {
    if (!this.#isWelcome(request)) return;
    const now = this.#now;
    // A device of our own goes before a person: it can do nothing until it is verified.
    const gives =
      !now ||
      now.isOver ||
      (request.isSelfVerification && now.isIncoming && now.isOpen && !now.request.isSelfVerification);
    if (!gives) this.#next = request;
    else {
      // A person's that gives way to a device stands yet, unless a newer one waits.
      if (now && !now.isOver && !(this.#next && this.#isWelcome(this.#next))) this.#next = now.request;
      this.#putAway();
      this.#show(request);
    }
  }

  /** From ourselves, or in a room from somebody whom we do not ignore, and open. */
  #isWelcome({
    phase,
    isSelfVerification,
    otherUserId,
    roomId,
    initiatedByMe,
  }: VerificationRequest): boolean {
    if (initiatedByMe || phase !== VerificationPhase.Requested) return false;
    if (isSelfVerification) return true;
    const { client, clock } = this.#parts;
    return (
      roomId !== undefined &&
      client.getRoom(roomId)?.getMyMembership() === "join" &&
      !client.isUserIgnored(otherUserId) &&
      (this.#refusedUntil.get(otherUserId) ?? 0) <= clock.now()
    );
  }

  #show(request: VerificationRequest): void {
    const { client, clock, log } = this.#parts;
    const { otherUserId, roomId } = request;
    if (!isUserId(otherUserId)) return;
    const shown = new Verification({
      request,
      person: person(client.getRoom(roomId), otherUserId),
      clock,
      log,
      onChange: () => this.#changed(),
    });
    this.#now = shown;
    this.#changed();
  }

  #changed(): void {
    if (this.#now?.isGone) this.#putAway();
    else this.#parts.onChange();
  }

  #putAway(): void {
    const ended = this.#now;
    this.#now = null;
    ended?.drop();
    this.#parts.onChange();
  }
}
