import {
  VerificationPhase,
  VerificationRequestEvent,
  VerifierEvent,
  type VerificationRequest,
  type Verifier,
} from "matrix-js-sdk/lib/crypto-api/index.js";

import { AppError } from "../../shared/errors.ts";
import type { Person, VerificationState } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../rtc/ports.ts";
import { toAppError } from "./request-error.ts";

/** How long a request stands (client-server API, key verification). */
const LONGEST_MS = 10 * 60_000;
const MISMATCHES = new Set([
  "m.mismatched_sas",
  "m.mismatched_commitment",
  "m.key_mismatch",
  "m.user_mismatch",
]);

export interface VerificationParts {
  readonly request: VerificationRequest;
  readonly person: Person;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** One verification of a device or a person, by emoji or by QR code, from the request to its end. */
export class Verification {
  readonly request: VerificationRequest;
  readonly #parts: VerificationParts;
  readonly #incoming: boolean;
  readonly #stopTimer: () => void;
  readonly #heard = () => this.#update();
  #verifier: Verifier | null = null;
  #qr: string | null | undefined;
  #accepted = false;
  /** The user said what was asked of them. */
  #answered = false;
  /** Why we ended it; the other side's reason is in the request. */
  #ended: VerificationState["reason"] = null;

  constructor(parts: VerificationParts) {
    const { request, clock } = parts;
    this.#parts = parts;
    this.request = request;
    this.#incoming = !request.initiatedByMe;
    request.on(VerificationRequestEvent.Change, this.#heard);
    const left = Math.min(request.timeout ?? LONGEST_MS, LONGEST_MS);
    this.#stopTimer = clock.after(left, () => void this.#end("timeout"));
    this.#update();
  }

  get isOver(): boolean {
    return this.#isPhase(VerificationPhase.Done, VerificationPhase.Cancelled) || this.#ended !== null;
  }

  /** Nobody has done anything with it yet. */
  get isOpen(): boolean {
    return this.#isPhase(VerificationPhase.Unsent, VerificationPhase.Requested) && !this.isOver;
  }

  get isIncoming(): boolean {
    return this.#incoming;
  }

  /** There is nothing to tell of it: another device of ours took it up, or they withdrew what nobody here had answered. */
  get isGone(): boolean {
    const { cancellationCode: code } = this.request;
    return code === "m.accepted" || (code !== null && this.#incoming && !this.#accepted);
  }

  get state(): VerificationState {
    const { request } = this;
    const phase = this.#phase();
    const sas = this.#verifier?.getShowSasCallbacks()?.sas.emoji ?? [];
    return {
      person: this.#parts.person,
      device: request.otherDeviceId ?? null,
      incoming: this.#incoming,
      phase,
      emoji: phase === "compare" ? sas.map(([symbol, name]) => ({ symbol, name })) : [],
      qr: phase === "ready" ? (this.#qr ?? null) : null,
      canScan: phase === "ready" && !this.#showsCode && request.otherPartySupportsMethod("m.qr_code.show.v1"),
      reason: phase === "cancelled" ? this.#reason() : null,
    };
  }

  async accept(): Promise<void> {
    if (!this.#incoming || !this.isOpen || this.request.accepting) throw new AppError("verification-failed");
    this.#accepted = true;
    await this.#try(() => this.request.accept());
  }

  /** Goes on by emoji. */
  async compare(): Promise<void> {
    if (!this.#isPhase(VerificationPhase.Ready)) throw new AppError("verification-failed");
    await this.#try(() => this.request.startVerification("m.sas.v1"));
  }

  /** `code`: what the other side's QR code says. */
  async scanned(code: Uint8Array): Promise<void> {
    if (!this.#isPhase(VerificationPhase.Ready) || this.#showsCode) throw new AppError("verification-failed");
    this.#answered = true;
    try {
      await this.#try(() => this.request.scanQRCode(Uint8ClampedArray.from(code)));
    } finally {
      // A code of something else: they may try once more.
      if (this.#isPhase(VerificationPhase.Ready)) this.#answered = false;
      this.#update();
    }
  }

  async confirm(same: boolean): Promise<void> {
    const sas = this.#verifier?.getShowSasCallbacks();
    const qr = this.#verifier?.getReciprocateQrCodeCallbacks();
    if (this.isOver || this.#answered || (!sas && !qr)) throw new AppError("verification-failed");
    this.#answered = true;
    if (!same) {
      this.#ended = "mismatch";
      if (sas) sas.mismatch();
      else qr?.cancel();
      return this.#update();
    }
    this.#update();
    await this.#try(async () => {
      qr?.confirm();
      await sas?.confirm();
    });
  }

  /** Tells the other side where it is still under way. */
  async cancel(): Promise<void> {
    this.#stopTimer();
    if (this.isOver) return;
    await this.request
      .cancel()
      .catch((error: unknown) => this.#parts.log.info("a cancel was not told", error));
  }

  /** Hears no more of it. */
  drop(): void {
    this.#stopTimer();
    this.request.off(VerificationRequestEvent.Change, this.#heard);
    this.#verifier?.off(VerifierEvent.ShowSas, this.#heard);
  }

  #phase(): VerificationState["phase"] {
    if (this.#ended !== null) return "cancelled";
    switch (this.request.phase) {
      case VerificationPhase.Done:
        return "done";
      case VerificationPhase.Cancelled:
        return "cancelled";
      case VerificationPhase.Ready:
        return this.#answered ? "waiting" : "ready";
      case VerificationPhase.Started:
        if (this.#answered) return "waiting";
        if (this.#verifier?.getShowSasCallbacks()) return "compare";
        return this.#verifier?.getReciprocateQrCodeCallbacks() ? "scanned" : "waiting";
      default:
        return "asked";
    }
  }

  /** Either we show a code or we read theirs: a code of ours that is made cannot be taken back, and ends with the verification. */
  get #showsCode(): boolean {
    return this.request.otherPartySupportsMethod("m.qr_code.scan.v1");
  }

  #isPhase(...phases: readonly VerificationPhase[]): boolean {
    return phases.includes(this.request.phase);
  }

  #reason(): VerificationState["reason"] {
    if (this.#ended !== null) return this.#ended;
    const code = this.request.cancellationCode ?? "";
    if (MISMATCHES.has(code)) return "mismatch";
    if (code === "m.timeout") return "timeout";
    return code === "m.user" ? "refused" : "failed";
  }

  #update(): void {
    const { verifier } = this.request;
    if (verifier && verifier !== this.#verifier) {
      this.#verifier?.off(VerifierEvent.ShowSas, this.#heard);
      this.#verifier = verifier;
      verifier.on(VerifierEvent.ShowSas, this.#heard);
      // Both went on with the verification, so whichever way the other side took is taken. Its end is told by the request.
      verifier.verify().catch(() => undefined);
    }
    if (this.#qr === undefined && this.#isPhase(VerificationPhase.Ready)) void this.#makeQr();
    if (this.isOver) this.#stopTimer();
    this.#parts.onChange();
  }

  async #makeQr(): Promise<void> {
    this.#qr = null;
    if (!this.#showsCode) return;
    try {
      const code = await this.request.generateQRCode();
      this.#qr = code ? Buffer.from(code).toString("base64") : null;
      this.#parts.onChange();
    } catch (error) {
      this.#parts.log.info("no QR code could be made", error);
    }
  }

  async #end(reason: VerificationState["reason"]): Promise<void> {
    const cancelled = this.cancel();
    this.#ended = reason;
    this.#update();
    await cancelled;
  }

  /** @throws AppError `verification-failed`, `offline`, … */
  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code } = toAppError(error);
      throw new AppError(code === "internal" ? "verification-failed" : code, "verification", {
        cause: error,
      });
    }
  }
}
