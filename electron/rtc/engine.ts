import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import { DELAY_MS } from "../../shared/rtc/membership-state.ts";
import { isLoopback, transportKey } from "../../shared/rtc/transports.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";
import type { Settings } from "../../shared/state/settings.ts";
import type { Log } from "../log.ts";
import { kindOf } from "./failure.ts";
import type { Fetch } from "./authorization-services.ts";
import { Ghosts } from "./ghosts.ts";
import { Grants } from "./grants.ts";
import { OwnCall } from "./joined-call.ts";
import { OwnSelves } from "./own-self.ts";
import { OwnTransport } from "./own-transport.ts";
import type { Clock, DelayIds, RtcMatrix } from "./ports.ts";
import { SessionWatch } from "./room-sessions.ts";
import { steady } from "./steady-clock.ts";
import { within } from "./timer.ts";
import type { KeyPolicy } from "./trust.ts";
import type { GrantRequest, JoinedCall, Rtc } from "./types.ts";

export interface RtcParts {
  readonly matrix: RtcMatrix;
  readonly clock: Clock;
  readonly delayIds: DelayIds;
  readonly log: Log;
  readonly fetch: Fetch;
  /** What the user set, for homeservers that offer nothing. */
  readonly ownServiceUrl: () => string | null;
  /** In which form the user wants to be in calls. */
  readonly membership: () => Settings["membership"];
  readonly policy: KeyPolicy;
}

export const createRtc = (parts: RtcParts): Rtc => new Engine(parts);

class Engine implements Rtc {
  readonly #parts: RtcParts;
  readonly #sessions: SessionWatch;
  readonly #selves: OwnSelves;
  /** For all that has nothing to do with what servers say of time. */
  readonly #steady: Clock;
  readonly #ghosts: Ghosts;
  readonly #grants: Grants;
  readonly #transport: OwnTransport;
  readonly #calls = new Map<RoomId, OwnCall>();
  /** By room, until the delayed leaves that a killed run left there are called off. */
  readonly #stale = new Map<RoomId, { readonly over: Promise<unknown>; readonly end: () => void }>();
  /** Rooms whose call we are in or near, and the people whose devices are loaded for each. */
  readonly #near = new Map<RoomId, Set<UserId>>();

  constructor(parts: RtcParts) {
    const { matrix, clock, fetch, ownServiceUrl, membership, log } = parts;
    this.#parts = parts;
    this.#steady = steady(clock);
    this.#sessions = new SessionWatch(matrix, clock, (room) => this.#isIn(room));
    const isIn = (room: RoomId) => this.#calls.has(room);
    this.#ghosts = new Ghosts({ matrix, clock, log, sessions: this.#sessions, isIn });
    this.#selves = new OwnSelves({ matrix, sessions: this.#sessions, membership });
    this.#transport = new OwnTransport(matrix, this.#steady, ownServiceUrl);
    this.#grants = new Grants({ matrix, clock: this.#steady, fetch, transport: this.#transport });
    this.#sessions.onChange((room) => void this.#loadDevices(room));
  }

  sessions(room: RoomId) {
    return this.#sessions.views(room);
  }
  onChange(listener: (room: RoomId) => void): () => void {
    return this.#sessions.onChange(listener);
  }
  canJoin(room: RoomId): boolean {
    return this.#selves.canJoin(room);
  }

  prepare(room: RoomId): void {
    // Another one may ring while we are in a call: both may get newcomers.
    for (const other of this.#near.keys()) if (other !== room && !this.#isIn(other)) this.#near.delete(other);
    if (!this.#near.has(room)) this.#near.set(room, new Set());
    this.#selves.learn();
    void this.#loadDevices(room);
    void this.#prefetch(room);
  }

  ownTransport(room: RoomId): Promise<string> {
    // Asked once for each time that the window comes to a call, and before it dials; bare preparations come at any time.
    if (!this.#isIn(room)) this.#selves.visit(room);
    return this.#transport.get();
  }

  async grant({ room, transport, fresh = false }: GrantRequest): Promise<SfuGrant> {
    const own = await this.#transport.get().catch(() => null);
    if (transport !== own) {
      const named = this.sessions(room).some(({ members }) =>
        members.some((member) => transportKey(member.transport) === transport),
      );
      // Whoever gets our token may pass for us at other services: it goes nowhere that the call does not name.
      if (!named) throw new AppError("grant-refused", "the call names no such service");
      // Nobody else's word sends us to a server on this machine.
      if (isLoopback(transport) && !(own !== null && isLoopback(own))) {
        throw new AppError("grant-refused", "the service is on this machine");
      }
    }
    if (transport === own) await this.#staleOf(room).over;
    return this.#grants.get(room, transport, this.#selves.fixed(room), { own: transport === own, fresh });
  }

  join(room: RoomId, { intent }: { readonly intent: CallIntent }): JoinedCall {
    const before = this.#calls.get(room);
    if (before && !before.isOver) throw new AppError("call-busy", "this call is joined already");
    before?.abandon();
    const stale = this.#staleOf(room);
    this.prepare(room);
    const { matrix, delayIds, log, policy } = this.#parts;
    const self = this.#selves.fixed(room);
    const call = new OwnCall({
      matrix,
      clock: this.#steady,
      delayIds,
      log,
      sessions: this.#sessions,
      room,
      self,
      policy,
      intent,
      transport: () => this.#transport.get(),
      delegate: (service, leave) => this.#grants.delegate(room, service, self, leave),
      onCalledOff: stale.end,
      onLeave: () => this.#selves.free(room, self),
      onEnd: (over) => {
        if (this.#calls.get(room) === over) this.#calls.delete(room);
        this.#selves.free(room, self);
        this.#sessions.touch(room);
      },
    });
    if (!call.isOver) this.#calls.set(room, call);
    this.#sessions.touch(room);
    return call;
  }

  wake(): void {
    for (const call of this.#calls.values()) call.wake();
  }

  async stop(): Promise<void> {
    const calls = [...this.#calls.values()];
    await Promise.all(calls.map((call) => call.leave()));
    for (const call of calls) call.abandon();
    this.#ghosts.stop();
    this.#sessions.stop();
  }

  /**
   * The service in front of our SFU takes whoever comes to it once more for gone before, and fires the leave of the run that was killed: others would see
   * us go and come. A join calls it off; without one it has fired by the end of its delay, or of the SFU's patience, which is no longer.
   */
  #staleOf(room: RoomId): { readonly over: Promise<unknown>; readonly end: () => void } {
    const known = this.#stale.get(room);
    if (known) return known;
    const { promise, resolve: end } = Promise.withResolvers<void>();
    // Looked at once, before this run has any of its own.
    if (this.#parts.delayIds.get(room) === null) end();
    const late = () => new Error("late");
    const stale = { over: within(this.#steady, DELAY_MS, promise, late).catch(() => {}), end };
    this.#stale.set(room, stale);
    return stale;
  }

  /** Of everybody in a call that we are in or near, so that the first key finds them. */
  async #loadDevices(room: RoomId): Promise<void> {
    const loaded = this.#near.get(room);
    if (!loaded) return;
    const people = new Set(this.sessions(room).flatMap(({ members }) => members.map(({ user }) => user)));
    const fresh = [...people].filter((user) => !loaded.has(user));
    if (fresh.length === 0) return;
    for (const user of fresh) loaded.add(user);
    try {
      await this.#parts.matrix.loadDevices(room, fresh);
    } catch (error) {
      for (const user of fresh) loaded.delete(user);
      this.#parts.log.info("devices could not be loaded", { why: kindOf(error) });
    }
  }

  #isIn(room: RoomId): boolean {
    return this.#calls.get(room)?.isOver === false;
  }

  async #prefetch(room: RoomId): Promise<void> {
    try {
      const transport = await this.#transport.get();
      await this.#grants.get(room, transport, this.#selves.likely(room), { own: true, fresh: false });
    } catch (error) {
      this.#parts.log.info("no grant ahead of the call", {
        why: error instanceof AppError ? error.code : "internal",
      });
    }
  }
}
