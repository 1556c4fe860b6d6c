import type { CallController } from "../../../../renderer/call/controller.ts";
import type { TileView } from "../../../../renderer/call/view.ts";
import type { RingChoice, ScreenSource } from "../../../../shared/ipc/contract.ts";
import type { CallState, Participant, Person } from "../../../../shared/state/app-state.ts";

type Fields = Pick<
  CallController,
  | "state"
  | "sync"
  | "tiles"
  | "connection"
  | "microphone"
  | "camera"
  | "sharing"
  | "problem"
  | "preview"
  | "verified"
>;

/** A call without media: it changes as it is asked to, and a test changes the rest. */
export class FakeCall implements CallController {
  #fields = $state.raw<Fields>({
    state: null,
    sync: "live",
    tiles: [],
    connection: "connected",
    microphone: true,
    camera: true,
    sharing: false,
    problem: null,
    preview: null,
    verified: true,
  });
  readonly devices = {
    cameras: [{ id: "front", label: "Front camera" }],
    microphones: [{ id: "desk", label: "" }],
    speakers: [],
  };
  readonly shared: unknown[] = [];
  readonly chose: unknown[] = [];
  readonly rung: unknown[] = [];
  readonly hands: boolean[] = [];
  readonly reactions: string[] = [];
  room: readonly Person[] = [];
  joins = 0;
  swaps = 0;
  agains = 0;
  insists = 0;
  leaves = 0;
  sources: readonly ScreenSource[] = [];

  constructor(fields: Partial<Fields>) {
    this.change(fields);
  }

  change(fields: Partial<Fields>): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  get state() {
    return this.#fields.state;
  }
  get sync() {
    return this.#fields.sync;
  }
  get tiles() {
    return this.#fields.tiles;
  }
  get connection() {
    return this.#fields.connection;
  }
  get microphone() {
    return this.#fields.microphone;
  }
  get camera() {
    return this.#fields.camera;
  }
  get sharing() {
    return this.#fields.sharing;
  }
  get problem() {
    return this.#fields.problem;
  }
  get preview() {
    return this.#fields.preview;
  }
  get verified() {
    return this.#fields.verified;
  }
  get handRaised() {
    return this.state?.participants.some(({ local, handAt }) => local && handAt !== null) ?? false;
  }

  chosen(): string | null {
    return null;
  }
  async choose(...choice: unknown[]): Promise<void> {
    this.chose.push(choice);
  }
  async setMicrophone(microphone: boolean): Promise<void> {
    this.change({ microphone });
  }
  async setCamera(camera: boolean): Promise<void> {
    this.change({ camera });
  }
  async screens(): Promise<readonly ScreenSource[]> {
    return this.sources;
  }
  async share(source: unknown): Promise<void> {
    this.shared.push(source);
    this.change({ sharing: true });
  }
  async stopSharing(): Promise<void> {
    this.change({ sharing: false });
  }
  async join(ring?: RingChoice): Promise<void> {
    this.joins += 1;
    if (ring) this.rung.push(ring);
  }
  async people(): Promise<readonly Person[]> {
    return this.room;
  }
  async ring(ring: RingChoice): Promise<void> {
    this.rung.push(ring);
  }
  async again(): Promise<void> {
    this.agains += 1;
  }
  insist(): void {
    this.insists += 1;
  }
  async setHand(raised: boolean): Promise<void> {
    this.hands.push(raised);
  }
  async react(emoji: string): Promise<void> {
    this.reactions.push(emoji);
  }
  async swap(): Promise<void> {
    this.swaps += 1;
  }
  async leave(): Promise<void> {
    this.leaves += 1;
    this.change({ state: null });
  }
  dismissProblem(): void {
    this.change({ problem: null });
  }
}

export const participant = (name: string, more: Partial<Participant> = {}): Participant => ({
  id: `${name}|DEVICE`,
  user: `@${name.toLowerCase()}:example.org`,
  device: "DEVICE",
  name,
  avatar: null,
  identity: name,
  transport: "https://rtc.example.org",
  foreign: null,
  ourKey: "sent",
  trust: "signed",
  handAt: null,
  reaction: null,
  local: false,
  joinedAt: 0,
  key: "have",
  ...more,
});

export const tile = (name: string, more: Partial<TileView> = {}): TileView => ({
  id: name,
  kind: "camera",
  user: `@${name.toLowerCase()}:example.org`,
  name,
  avatar: null,
  local: false,
  speaking: false,
  microphone: "on",
  attach: null,
  mirrored: false,
  reason: null,
  marks: null,
  ...more,
});

export const callState = (more: Partial<CallState> = {}): CallState => ({
  room: "!choir:example.org",
  name: "Choir",
  avatar: null,
  direct: null,
  encrypted: true,
  intent: "video",
  phase: "joined",
  outgoing: null,
  held: null,
  joinedAt: 0,
  membership: "live",
  error: null,
  safetyCode: null,
  transport: "https://rtc.example.org",
  participants: [participant("Alice", { local: true }), participant("Bob")],
  ...more,
});
