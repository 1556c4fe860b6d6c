import type { MediaKey } from "../../shared/ipc/contract.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import type { JoinedCall, JoinStatus, MemberView, Rtc, SessionView } from "../../electron/rtc/types.ts";

/** An engine whose sessions, statuses and keys the test decides. It refuses what the real one refuses. */
export class FakeRtc implements Rtc {
  readonly transport = "https://sfu.hs";
  readonly granted: { readonly transport: string; readonly fresh: boolean }[] = [];
  readonly joins: RoomId[] = [];
  readonly prepared: RoomId[] = [];
  readonly #calls = new Map<RoomId, FakeJoinedCall>();
  readonly #sessions = new Map<RoomId, SessionView>();
  readonly #listeners = new Set<(room: RoomId) => void>();

  /** These people are in the room's call now. */
  call(room: RoomId, members: readonly MemberView[]): void {
    this.#sessions.delete(room);
    if (members.length > 0)
      this.#sessions.set(room, {
        room,
        slot: "m.call#ROOM",
        application: "m.call",
        intent: "video",
        members,
      });
    for (const listener of this.#listeners) listener(room);
  }

  /** The one that was joined last, of those that go on. */
  get joined(): FakeJoinedCall | null {
    return [...this.#calls.values()].at(-1) ?? null;
  }
  in(room: RoomId): FakeJoinedCall | null {
    return this.#calls.get(room) ?? null;
  }

  canJoin(): boolean {
    return true;
  }
  sessions(room: RoomId): readonly SessionView[] {
    const session = this.#sessions.get(room);
    return session ? [session] : [];
  }
  onChange(listener: (room: RoomId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  prepare(room: RoomId): void {
    this.prepared.push(room);
  }
  ownTransport(): Promise<string> {
    return Promise.resolve(this.transport);
  }
  grant({ transport, fresh = false }: { transport: string; fresh?: boolean }) {
    this.granted.push({ transport, fresh });
    return Promise.resolve({ url: "wss://sfu", token: "jwt" });
  }
  join(room: RoomId): JoinedCall {
    if (this.#calls.has(room)) throw new Error("joined already");
    const call = new FakeJoinedCall(room, () => this.#calls.delete(room));
    this.#calls.set(room, call);
    this.joins.push(room);
    return call;
  }
  wake(): void {}
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

export class FakeJoinedCall implements JoinedCall {
  readonly room: RoomId;
  readonly identity = "@me:hs:D";
  intents: string[] = [];
  status: JoinStatus = { phase: "joining", error: null, joinedAt: null };
  #statusListeners = new Set<(status: JoinStatus) => void>();
  #keyListeners = new Set<(key: MediaKey) => void>();
  #keys: MediaKey[] = [{ identity: this.identity, index: 0, key: new Uint8Array(16), own: true }];
  readonly #leave: () => void;

  constructor(room: RoomId, leave: () => void) {
    this.room = room;
    this.#leave = leave;
  }

  becomes(status: JoinStatus): void {
    this.status = status;
    if (status.phase === "left") this.#leave();
    for (const listener of this.#statusListeners) listener(status);
  }
  receives(key: MediaKey): void {
    this.#keys.push(key);
    for (const listener of this.#keyListeners) listener(key);
  }
  onStatus(listener: (status: JoinStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }
  keys(): readonly MediaKey[] {
    return this.#keys;
  }
  onKey(listener: (key: MediaKey) => void): () => void {
    this.#keyListeners.add(listener);
    return () => this.#keyListeners.delete(listener);
  }
  keyState() {
    return "waiting" as const;
  }
  ourKeyState() {
    return "waiting" as const;
  }
  readonly connected: boolean[] = [];
  setConnected(connected: boolean): void {
    this.connected.push(connected);
  }
  setIntent(intent: string): void {
    this.intents.push(intent);
  }
  leave(): Promise<void> {
    this.#leave();
    return Promise.resolve();
  }
  wake(): void {}
}
