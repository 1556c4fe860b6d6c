import { ClientEvent, RoomEvent, SyncState } from "matrix-js-sdk";

import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { AppState } from "../../shared/state/app-state.ts";
import type { Account } from "../matrix/account.ts";
import type { Fetch } from "../matrix/http.ts";
import { all } from "../matrix/listen.ts";
import { Identity } from "../matrix/identity.ts";
import { peopleIn } from "../matrix/people.ts";
import { person, Rooms } from "../matrix/rooms.ts";
import { reactions } from "../matrix/reactions.ts";
import { rtcMatrix } from "../matrix/rtc-matrix.ts";
import { signals } from "../matrix/signals.ts";
import { trustIn } from "../matrix/trust.ts";
import type { Notifier, OpenExternal, SystemQuiet } from "../ports.ts";
import { createRtc } from "../rtc/engine.ts";
import { keyPolicy } from "../rtc/trust.ts";
import { CallFactsFile } from "../state/call-facts.ts";
import type { Database } from "../state/database.ts";
import { delayIdsIn, identityNoteIn } from "../state/kept.ts";
import { Conductor, type ConductorParts } from "./conductor.ts";
import { Hands } from "./hands.ts";
import { History } from "./history.ts";
import { roomCall, sessionsShown } from "./other-sessions.ts";
import { Ringing } from "./ringing.ts";
import { ringsIn } from "./rings-file.ts";
import { safetyCode } from "./safety-code.ts";
import { VerificationAsked } from "./verification-asked.ts";

export interface RunningParts extends Omit<
  ConductorParts,
  "rtc" | "signals" | "personOf" | "peopleIn" | "knowledge"
> {
  readonly database: Database;
  readonly fetch: Fetch;
  readonly notifier: Notifier;
  readonly systemQuiet: SystemQuiet;
  readonly openExternal: OpenExternal;
  /** See `SessionParts.onOpen`. */
  readonly password: string | null;
}

/** All that runs while an account is signed in: its rooms, its sessions, its call, what rings and what rang. */
export class Running {
  readonly account: Account;
  readonly conductor: Conductor;
  readonly ringing: Ringing;
  readonly history: History;
  readonly hands: Hands;
  readonly identity: Identity;
  readonly #rtc: ReturnType<typeof createRtc>;
  readonly #stopFollowing: () => void;

  constructor(account: Account, parts: RunningParts) {
    const { store, clock, database, fetch, log } = parts;
    const { client } = account;
    const { user: me, device } = account.session;
    this.account = account;
    const trust = trustIn(client, log);
    this.#rtc = createRtc({
      matrix: rtcMatrix(client),
      clock,
      delayIds: delayIdsIn(database),
      log,
      fetch,
      ownServiceUrl: () => store.state.settings.serviceUrl,
      membership: () => store.state.settings.membership,
      policy: keyPolicy(
        trust.book,
        () => store.state.settings.verifiedOnly,
        (listener) => store.subscribe(listener),
      ),
    });
    const personOf = (room: RoomId, user: UserId) => person(client.getRoom(room), user);
    const goingOn = (room: RoomId) => ({
      ...sessionsShown(this.#rtc.sessions(room), personOf),
      canCall: this.#rtc.canJoin(room),
    });
    const wire = signals(client, log);

    this.hands = new Hands({
      reactions: reactions(client, log),
      membersOf: (room) => roomCall(this.#rtc.sessions(room))?.members ?? [],
      clock,
      log,
      changed: () => this.conductor.refresh(),
    });
    this.conductor = new Conductor({
      ...parts,
      rtc: this.#rtc,
      signals: wire,
      personOf,
      peopleIn: (room) => peopleIn(client, room),
      knowledge: {
        marks: (room, member) => ({
          trust: trust.book.of(member.user, member.device)?.trust ?? "unknown",
          ...this.hands.marks(room, member),
        }),
        safetyCode: (room, members) => safetyCode(trust.book, room, members),
      },
    });
    trust.book.onChange(() => this.conductor.refresh());
    const rooms = new Rooms(client, goingOn, (lists) => {
      store.update((state) => ({ ...state, ...lists }));
      this.conductor.refresh();
      this.history.refresh();
    });
    this.#rtc.onChange((room) => {
      rooms.touch(room);
      this.hands.look(room);
    });
    this.history = new History({
      signals: wire,
      facts: new CallFactsFile(database, me),
      clock,
      log,
      me: { user: me, device },
      personOf,
      roomOf: (room) => store.state.rooms.find(({ id }) => id === room),
      rooms: () =>
        store.state.rooms
          .filter(({ id, direct }) => direct !== null || store.state.settings.ringing[id]?.mode === "on")
          .map(({ id }) => id),
      rangUs: (notification) => this.ringing.rangUs(notification),
      publish: (calls, missed) => store.update((state) => ({ ...state, calls, missed })),
    });
    this.ringing = new Ringing({
      ...parts,
      me,
      signals: wire,
      rtc: this.#rtc,
      conductor: this.conductor,
      file: ringsIn(database, me),
      personOf,
      remember: (fact) => this.history.add(fact),
    });
    const asked = new VerificationAsked({ ...parts, me });
    this.identity = new Identity({
      account,
      password: parts.password,
      clock,
      log,
      note: identityNoteIn(database, me, device),
      openExternal: parts.openExternal,
      publish: (identity) => {
        store.update((state) => ({ ...state, identity }));
        asked.look(identity.verification);
      },
      onKeys: () => this.history.again(),
    });
    // Names, settings and the call that we are in are all told by the state.
    this.#stopFollowing = all(
      store.subscribe(() => this.ringing.refresh()),
      store.subscribe(() => this.hands.watch(...seenCalls(store.state))),
      trust.stop,
    );
    const live = () => {
      this.ringing.live();
      this.history.live();
    };
    client.on(ClientEvent.Sync, (state, before) => {
      if (state === SyncState.Syncing && before !== SyncState.Syncing) live();
    });
    // More happened than one answer holds.
    client.on(RoomEvent.TimelineReset, () => this.history.live());
    // After the rooms are listed.
    if (account.live) setImmediate(live);
  }

  wake(): void {
    this.account.wake();
    this.#rtc.wake();
    this.ringing.wake();
  }

  /** Leaves the call as others should see it. The account closes after. */
  async stop(): Promise<void> {
    this.identity.stop();
    this.#stopFollowing();
    await Promise.all([this.ringing.stop(), this.conductor.stop()]);
    await this.#rtc.stop();
    this.history.stop();
    this.hands.stop();
  }
}

/** The rooms whose calls somebody looks at, or waits for; and those of them that we are in. */
const seenCalls = ({ call }: AppState): readonly [readonly RoomId[], readonly RoomId[]] => {
  if (!call || call.phase === "warm") return [[], []];
  const held = call.held ? [call.held.room] : [];
  const isIn = call.phase === "joining" || call.phase === "joined";
  return [[call.room, ...held], isIn ? [call.room, ...held] : held];
};
