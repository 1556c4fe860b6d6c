import type { ErrorCode } from "../../shared/errors.ts";
import type { MediaKey, SfuGrant } from "../../shared/ipc/contract.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Transport } from "../../shared/rtc/transports.ts";
import type { CallIntent, Participant } from "../../shared/state/app-state.ts";

/** The MatrixRTC engine: who is in which session, our own place in one, its keys and its grants. */
export interface Rtc {
  /** Every session in the room that has members, of all applications (`m.call` is the one of calls). The same object until it changes. */
  sessions(room: RoomId): readonly SessionView[];
  /** A session of the room changed, or whether we hold a key of one of its members. Returns how to stop listening. */
  onChange(listener: (room: RoomId) => void): () => void;
  /** Whether we may be in the room's call, in whichever form. `onChange` tells of it where the server's word changes it, not where our power does. */
  canJoin(room: RoomId): boolean;

  /** The lobby is open, or somebody rings: finds transport and grant and loads everybody's devices now, so that a join is quick. Never fails; cheap to repeat. */
  prepare(room: RoomId): void;
  /** The call's window comes to the room's call, and has dialled nothing for it yet: URL of the authorization service where we publish. Fails with `no-transport` or `offline`. */
  ownTransport(room: RoomId): Promise<string>;
  /** Leave to connect to the SFU behind `transport`. Fails with `grant-refused`, `grant-mismatch`, `grant-unreachable`, `offline`, `rate-limited`. */
  grant(request: GrantRequest): Promise<SfuGrant>;

  /**
   * Enters the room's `m.call` session and stays in it until `leave`, whatever the network does. Throws `call-busy` where
   * this room's call is joined already; all that goes wrong later shows in `status`.
   */
  join(room: RoomId, options: { readonly intent: CallIntent }): JoinedCall;
  /** The machine woke or the network changed: whatever waits for a retry is tried now. */
  wake(): void;
  /** Leaves every call and stops listening; for sign-out and quit. */
  stop(): Promise<void>;
}

export interface GrantRequest {
  readonly room: RoomId;
  /** Our own, or the `transportKey` of a member's. */
  readonly transport: string;
  /** True where the SFU has just refused or lost the last one, so that none that was prefetched will do. */
  readonly fresh?: boolean;
}

export interface SessionView {
  readonly room: RoomId;
  /** `m.call#ROOM` for the room's call, whichever way its members spell it. */
  readonly slot: string;
  readonly application: string;
  /** Video where anybody wants video or does not say. */
  readonly intent: CallIntent;
  /** Oldest first; never empty. Our own device is in it only while this run of the app is joined. */
  readonly members: readonly MemberView[];
}

export interface MemberView {
  /** `user|device|member id`: unique in the session. */
  readonly id: string;
  readonly user: UserId;
  /** Empty where the membership does not tell its device (MSC4143's text form in clear): no keys can go there. */
  readonly device: string;
  readonly memberId: string;
  /** Of the newest membership event, to which reactions and raised hands refer. */
  readonly eventId: EventId;
  readonly transport: TransportView | null;
  /** They go by the older rule: all of their media, both ways, is on the oldest member's SFU. */
  readonly followsOldest?: true;
  /** Identity on the SFU. */
  readonly identity: string;
  /** Epoch ms by the clock of the member's server. */
  readonly joinedAt: number;
  readonly intent: CallIntent | null;
  /** This very device. */
  readonly own: boolean;
  /** Whether they publish on a transport that we speak; they are shown all the same. */
  readonly known: boolean;
}

/** As they wrote it; `transportKey` names it to `Rtc.grant`. */
export type TransportView = Transport;

/** As whom we are in a call, for the length of one stay. */
export interface OwnSelf {
  readonly form: "legacy" | "sticky";
  /** `user:device` in legacy; random, new in each stay, in sticky. */
  readonly memberId: string;
  /** On every SFU. */
  readonly identity: string;
}

/** Our own place in a call. */
export interface JoinedCall {
  readonly room: RoomId;
  /** Our identity on every SFU of the call. */
  readonly identity: string;
  readonly status: JoinStatus;
  onStatus(listener: (status: JoinStatus) => void): () => void;
  /** Every key that should be set now, our own current one last; empty in a room that is not encrypted. */
  keys(): readonly MediaKey[];
  /** Each new key, and our own anew (`own`) at the moment it becomes the one to encrypt with. */
  onKey(listener: (key: MediaKey) => void): () => void;
  /** `memberId` is `MemberView.id`. */
  keyState(memberId: string): KeyState;
  /** Whether they hold ours. */
  ourKeyState(memberId: string): OurKeyState;
  setIntent(intent: CallIntent): void;
  /** Whether the window stands on the SFU where we publish: then the service in front of it may keep our leave. */
  setConnected(connected: boolean): void;
  /** Resolves when others see us gone, or after 3 s: then the delayed leave does it. Never fails. */
  leave(): Promise<void>;
  wake(): void;
}

/** `joining` until our membership is on the server; `unsure`: silent for so long that the server may have made us leave. */
export interface JoinStatus {
  readonly phase: "joining" | "live" | "unsure" | "left";
  /** What holds it up (`offline`, `rate-limited`), or why it ended (`call-forbidden`, `no-transport`); null where nothing is wrong. */
  readonly error: ErrorCode | null;
  /** Epoch ms at which our membership was first accepted. */
  readonly joinedAt: number | null;
}

export type KeyState = "waiting" | "have" | "unneeded";
export type OurKeyState = Participant["ourKey"];
