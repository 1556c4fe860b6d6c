import {
  RtcRequestError,
  type DeviceRef,
  type LivekitRequest,
  type OpenIdToken,
  type RtcMatrix,
  type ToDeviceMessage,
} from "../../electron/rtc/ports.ts";
import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import {
  LEGACY_MEMBER,
  STICKY_MEMBER,
  type MemberEvent,
  type Membership,
} from "../../shared/rtc/member-event.ts";
import type { FakeHomeserver } from "./fake-homeserver.ts";

/** One way, of requests and of what comes down in sync. */
const TRIP_MS = 25;
const GIVE_UP_MS = 10_000;

type Network =
  | "up"
  /** Fails at once. */
  | "refused"
  /** Swallows requests; they fail when they are given up. */
  | "stalled"
  /** Requests arrive, their answers do not. */
  | "deaf"
  | "dead";

interface Heard {
  event: [RoomId, MemberEvent];
  member: [RoomId, UserId, boolean];
  reset: [RoomId];
  message: [ToDeviceMessage];
  devices: [UserId];
}

/** One device: what it has synced, what it may send, how its network fails. */
export class FakeClient implements RtcMatrix {
  readonly user: UserId;
  readonly device: string;
  readonly server: FakeHomeserver;
  network: Network = "up";
  /** The next requests are answered with this. */
  readonly refusals: RtcRequestError[] = [];
  /** Whether devices that nobody asked for stay unknown until they are loaded. */
  readonly known = new Set<string>();
  knowsAll = true;
  readonly sent: { readonly type: string; readonly content: object; readonly to: readonly DeviceRef[] }[] =
    [];
  readonly loaded: UserId[] = [];
  readonly #seen = new Map<RoomId, Map<string, MemberEvent>>();
  readonly #joined = new Map<RoomId, Set<UserId>>();
  readonly #listeners: { [K in keyof Heard]: Set<(...what: Heard[K]) => void> } = {
    event: new Set(),
    member: new Set(),
    reset: new Set(),
    message: new Set(),
    devices: new Set(),
  };
  #missed: (() => void)[] = [];

  constructor(server: FakeHomeserver, user: UserId, device: string) {
    this.server = server;
    this.user = user;
    this.device = device;
    for (const [id, room] of server.rooms) {
      const readable = [...room.events].filter(
        ([, { eventId }]) => room.secret.get(eventId)?.has(`${user}|${device}`) !== false,
      );
      this.#seen.set(id, new Map(readable));
      this.#joined.set(id, new Set(room.joined));
    }
  }

  rooms() {
    return [...this.#joined].filter(([, joined]) => joined.has(this.user)).map(([id]) => id);
  }
  roomVersion(id: RoomId) {
    return this.server.get(id).version;
  }
  isEncrypted(id: RoomId) {
    return this.server.get(id).encrypted;
  }
  isJoined(id: RoomId, user: UserId) {
    return this.#joined.get(id)?.has(user) ?? false;
  }
  isUpgraded(id: RoomId) {
    return this.server.get(id).upgraded;
  }
  maySend(id: RoomId, form: Membership["form"]) {
    return this.server.maySend(id, this.user, form === "legacy" ? LEGACY_MEMBER : STICKY_MEMBER);
  }
  memberEvents(id: RoomId) {
    return [...(this.#seen.get(id)?.values() ?? [])];
  }
  async loadDevices(_id: RoomId, users: readonly UserId[]) {
    await this.#ask(() => {
      this.loaded.push(...users);
      for (const { user, device } of this.server.clients) {
        if (users.includes(user)) this.known.add(`${user}|${device}`);
      }
    });
  }

  deviceIds(user: UserId) {
    const devices = this.server.clients.filter((client) => client.user === user).map(({ device }) => device);
    return Promise.resolve(devices);
  }

  onEvent = this.#on("event");
  onRoomMember = this.#on("member");
  onRoomReset = this.#on("reset");
  onToDevice = this.#on("message");
  onDevices = this.#on("devices");

  sendState(id: RoomId, type: string, key: string, content: object) {
    return this.#ask(() => this.server.write(id, this.user, type, key, content));
  }
  sendDelayedState(room: RoomId, type: string, key: string, content: object, delayMs: number) {
    return this.#ask(() => this.server.schedule({ room, sender: this.user, type, key, content, delayMs }));
  }
  hasDelayed() {
    return this.#ask(() => this.server.maxDelayMs !== null);
  }
  hasSticky() {
    // Asked once, long ago.
    return Promise.resolve(this.server.hasSticky);
  }
  sendSticky(room: RoomId, type: string, content: object, stickyMs: number) {
    const secret = this.server.get(room).encrypted;
    return this.#ask(() => this.server.send(room, this.user, type, content, { stickyMs, secret }));
  }
  sendDelayedSticky(
    room: RoomId,
    type: string,
    content: object,
    spans: { stickyMs: number; delayMs: number },
  ) {
    return this.#ask(() =>
      this.server.schedule({ room, sender: this.user, type, key: null, content, ...spans }),
    );
  }
  updateDelayed(delayId: string, action: "restart" | "cancel" | "send") {
    return this.#ask(() => this.server.update(delayId, action));
  }
  sendToDevices(type: string, content: object, to: readonly DeviceRef[]) {
    return this.#ask(() => {
      const missed = to.filter(({ user, device }) => !this.#knows(user, device));
      const reached = to.filter((device) => !missed.includes(device));
      this.sent.push({ type, content, to: reached });
      const from = { user: this.user, device: this.device };
      for (const { user, device } of reached)
        this.deliver(user, device, { type, sender: this.user, from, content });
      return missed;
    });
  }
  openIdToken(): Promise<OpenIdToken> {
    return this.#ask(() => ({
      access_token: "openid-secret",
      token_type: "Bearer",
      matrix_server_name: "hs",
      expires_in: 3600,
    }));
  }
  transports() {
    return this.#ask(() => this.server.transports);
  }
  /** How the homeserver answers its MSC4195 endpoints; it has none. */
  answerLivekit: (body: object) => unknown = () => {
    throw new RtcRequestError("unsupported", "404 M_UNRECOGNIZED");
  };
  readonly livekitRequests: { readonly request: LivekitRequest; readonly body: object }[] = [];
  livekit(request: LivekitRequest, body: object) {
    return this.#ask(() => {
      this.livekitRequests.push({ request, body });
      return this.answerLivekit(body);
    });
  }

  /** A to-device message of whatever kind, from whomever it says. */
  deliver(user: UserId, device: string, message: ToDeviceMessage): void {
    const copy = structuredClone(message);
    for (const client of this.server.clients) {
      if (client.user === user && client.device === device) client.down(() => client.hear("message", copy));
    }
  }

  /** The network is back: sync catches up with what was missed, in order. */
  reconnect(): void {
    this.network = "up";
    const missed = this.#missed;
    this.#missed = [];
    for (const deliver of missed) this.down(deliver);
  }

  /** Comes with the next sync. */
  down(deliver: () => void): void {
    this.server.clock.after(TRIP_MS, () => {
      if (this.network === "up" || this.network === "deaf") deliver();
      else if (this.network !== "dead") this.#missed.push(deliver);
    });
  }

  hear<K extends keyof Heard>(kind: K, ...what: Heard[K]): void {
    for (const listener of this.#listeners[kind]) listener(...what);
  }

  synced(id: RoomId, place: string, event: MemberEvent): void {
    this.#roomOf(this.#seen, id, () => new Map()).set(place, event);
    this.hear("event", id, event);
  }

  moved(id: RoomId, user: UserId, joined: boolean): void {
    const members = this.#roomOf(this.#joined, id, () => new Set());
    if (joined) members.add(user);
    else members.delete(user);
    this.hear("member", id, user, joined);
    if (user === this.user) this.hear("reset", id);
  }

  #roomOf<T>(rooms: Map<RoomId, T>, id: RoomId, make: () => T): T {
    const known = rooms.get(id) ?? make();
    rooms.set(id, known);
    return known;
  }

  #knows(user: UserId, device: string): boolean {
    const exists = this.server.clients.some((client) => client.user === user && client.device === device);
    return exists && (this.knowsAll || this.known.has(`${user}|${device}`));
  }

  #on<K extends keyof Heard>(kind: K) {
    return (listener: (...what: Heard[K]) => void): (() => void) => {
      this.#listeners[kind].add(listener);
      return () => this.#listeners[kind].delete(listener);
    };
  }

  async #ask<T>(run: () => T): Promise<T> {
    await this.#trip();
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    const answer = run();
    if (this.network === "deaf") await this.#lost(GIVE_UP_MS);
    await this.#trip();
    return answer;
  }

  async #trip(): Promise<void> {
    await this.#pass();
    await new Promise<void>((resolve) => this.server.clock.after(TRIP_MS, resolve));
    await this.#pass();
  }

  async #pass(): Promise<void> {
    if (this.network === "refused") throw new RtcRequestError("offline", "refused");
    if (this.network === "stalled" || this.network === "dead") await this.#lost(GIVE_UP_MS);
  }

  async #lost(ms: number): Promise<never> {
    await new Promise<void>((resolve) => this.server.clock.after(ms, resolve));
    throw new RtcRequestError("offline", "given up");
  }
}
