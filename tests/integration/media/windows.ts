import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { chromium, type Browser, type Page } from "@playwright/test";
import { AccessToken, RoomServiceClient } from "livekit-server-sdk";
import { build, preview } from "vite";

import type { Envelope } from "../../../shared/ipc/bridge.ts";
import type { UserId } from "../../../shared/matrix/ids.ts";
import type { CallState, Participant, SignedIn } from "../../../shared/state/app-state.ts";
import { defaultSettings, type Settings } from "../../../shared/state/settings.ts";
import { livekitCommand } from "../../stack/livekit.ts";
import { freePort } from "../../stack/ports.ts";
import { browserOptions, FAKE_MEDIA } from "../../support/browser.ts";
import { supervise, type Server } from "../../stack/supervise.ts";

declare global {
  /** In the page: its peer connections, oldest first. */
  var connections: RTCPeerConnection[];
}

export const TRANSPORT = "https://sfu.example";
const [KEY, SECRET, ROOM] = ["devkey", "a secret of thirty-two characters", "room"];

/** A LiveKit server alone; it makes the call's room when a grant is asked for, as the authorization service does for users with full access. */
export interface Sfu extends Server {
  /** Whether grants make rooms from now on. */
  fullAccess: boolean;
  grant(identity: string): Promise<{ url: string; token: string }>;
  /** Ends every call, for those too whose browser has not yet said that they are gone. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSfu(): Promise<Sfu> {
  const folder = await mkdtemp(join(tmpdir(), "carillon-media-"));
  const supervision = supervise(folder);
  const port = await freePort();
  const plan = {
    folder,
    key: KEY,
    secret: SECRET,
    port,
    tcpPort: await freePort(),
    udpPort: await freePort(),
  };
  const server = supervision.server(livekitCommand({ ...plan, webhookUrl: "http://127.0.0.1:9/" }));
  await server.start();
  const rooms = new RoomServiceClient(`http://127.0.0.1:${port}`, KEY, SECRET);
  const sfu: Sfu = {
    ...server,
    fullAccess: true,
    grant: async (identity) => {
      if (sfu.fullAccess) await rooms.createRoom({ name: ROOM });
      const token = new AccessToken(KEY, SECRET, { identity, ttl: "1h" });
      token.addGrant({ room: ROOM, roomJoin: true, canPublish: true, canSubscribe: true });
      return { url: `ws://127.0.0.1:${port}`, token: await token.toJwt() };
    },
    empty: async () => {
      for (const { name } of await rooms.listRooms()) await rooms.deleteRoom(name);
    },
    stop: () => supervision.end(),
  };
  return sfu;
}

export interface Stages {
  readonly url: string;
  stop(): Promise<void>;
}

/** The stage, built as the app's windows are and served from 127.0.0.1. */
export async function buildStages(): Promise<Stages> {
  const outDir = await mkdtemp(join(tmpdir(), "carillon-stage-"));
  const root = join(import.meta.dirname, "stage");
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    plugins: [svelte({ configFile: false })],
    worker: { format: "es" },
    build: { outDir, emptyOutDir: true, target: "chrome152", assetsInlineLimit: 0 },
  });
  const server = await preview({
    root,
    configFile: false,
    logLevel: "warn",
    build: { outDir },
    preview: { host: "127.0.0.1", port: await freePort(), strictPort: true },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (!url) throw new Error("the stage is not served");
  return {
    url,
    stop: async () => {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}

export interface Key {
  readonly identity: string;
  readonly index: number;
  readonly own: boolean;
  readonly key: { readonly bytes: readonly number[] };
}

export const keyOf = (identity: string, index: number, byte: number, own = false): Key => ({
  identity,
  index,
  own,
  key: { bytes: Array<number>(16).fill(byte) },
});

/** One person's call window, with the test as its main. */
export interface CallWindow {
  readonly page: Page;
  readonly user: UserId;
  readonly identity: string;
  readonly asked: { command: string; args: unknown }[];
  /** What `call.keys` answers, of our own only the last. */
  keys: Key[];
  tellCall(call: CallState | null): Promise<void>;
  tellSettings(settings: Partial<Settings>): Promise<void>;
  tellKey(key: Key): Promise<void>;
  /** Every reason that the tile of this user has had, in order, with when (ms of the page's clock). */
  reasons(user: UserId): Promise<readonly { readonly reason: string | null; readonly at: number }[]>;
  /** The reason on the tile of this user, null for none, "gone" where there is no tile. */
  reason(user: UserId): Promise<string | null>;
  /** Frames of this user's tile that were decoded so far. */
  frames(user: UserId, kind?: "camera" | "screen"): Promise<number>;
  /** How many tracks arrive over the network. */
  streams(): Promise<number>;
  /** Bytes of this kind that arrived so far, without headers and padding. */
  bytes(kind: "audio" | "video"): Promise<number>;
  /** Packets of media that arrived so far. */
  packets(): Promise<number>;
  reload(): Promise<void>;
  close(): Promise<void>;
  /** How to end it as a crash or a power cut would, at once. */
  killer(): Promise<() => void>;
}

const SWITCHES = [
  `${FAKE_MEDIA}=fps=10,device-count=3`,
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

/** A person's browser, as each has their own app. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...browserOptions(...SWITCHES),
    // Playwright mutes by default; muted output would still be decoded, but is not what people have.
    ignoreDefaultArgs: ["--mute-audio"],
  });
}

export async function openWindow(
  browser: Browser,
  user: UserId,
  sfu: Sfu,
  stages: Stages,
): Promise<CallWindow> {
  const identity = `${user}:DEVICE`;
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  const view = { session: sessionOf(user), call: null as CallState | null, settings: defaultSettings };
  const asked: CallWindow["asked"] = [];
  const hear = (topic: string, payload: unknown): Promise<void> =>
    page.evaluate(([on, what]) => stage.hear(on, what), [topic, payload] as const);
  const window_: CallWindow = {
    page,
    user,
    identity,
    asked,
    keys: [],
    tellCall: (call) => hear("state", { call: (view.call = call) }),
    tellSettings: (settings) =>
      hear("state", { settings: (view.settings = { ...view.settings, ...settings }) }),
    tellKey: (key) => {
      if (!window_.keys.includes(key)) window_.keys.push(key);
      return hear("keys", key);
    },
    reason: (of) =>
      page.evaluate((who) => {
        const tile = stage.call.tiles.find(({ user: them }) => them === who);
        return tile ? tile.reason : "gone";
      }, of),
    reasons: (of) => page.evaluate((who) => stage.reasons.get(who) ?? [], of),
    frames: (of, kind = "camera") => page.evaluate(framesDecoded, `${of} ${kind}`),
    streams: () => page.evaluate(streamsReceived),
    bytes: (kind) => page.evaluate(bytesReceived, kind),
    packets: () => page.evaluate(packetsReceived),
    reload: async () => {
      await page.reload();
      await page.waitForFunction(() => "stage" in window);
    },
    close: () => page.context().close(),
    killer: async () => {
      const session = await browser.newBrowserCDPSession();
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      return () => {
        for (const { id } of processInfo) process.kill(id, "SIGKILL");
      };
    },
  };
  const answers: Record<string, (args: unknown) => unknown> = {
    "window.ready": () => setTimeout(() => void hear("state", view), 0) && undefined,
    "call.grant": () => sfu.grant(identity),
    "call.keys": () => [
      ...window_.keys.filter(({ own }) => !own),
      ...window_.keys.filter(({ own }) => own).slice(-1),
    ],
    "screens.list": () => [],
  };
  await page.exposeFunction("askMain", async (command: string, args: unknown): Promise<Envelope> => {
    asked.push({ command, args });
    try {
      return { ok: true, value: await answers[command]?.(args) };
    } catch {
      return { ok: false, code: "grant-unreachable" };
    }
  });
  await page.addInitScript(rememberConnections);
  await page.goto(stages.url);
  await page.waitForFunction(() => "stage" in window);
  return window_;
}

/** In the page: keeps every peer connection, so that their statistics can be read. */
function rememberConnections(): void {
  const Native = RTCPeerConnection;
  globalThis.connections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
}

/** In the page: frames that the decoder behind a tile's video has put out; 0 without one. */
async function framesDecoded(tile: string): Promise<number> {
  const element = document.querySelector<HTMLVideoElement>(`video[data-tile="${tile}"]`);
  const track = element?.srcObject instanceof MediaStream ? element.srcObject.getVideoTracks()[0] : undefined;
  const reports = await Promise.all(connections.map((connection) => connection.getStats()));
  return reports
    .flatMap((report): RTCInboundRtpStreamStats[] => [...report.values()])
    .filter(({ type, trackIdentifier }) => type === "inbound-rtp" && trackIdentifier === track?.id)
    .reduce((sum, { framesDecoded: decoded }) => sum + (decoded ?? 0), 0);
}

/** In the page: how many tracks packets came for. */
async function streamsReceived(): Promise<number> {
  const reports = await Promise.all(connections.map((connection) => connection.getStats()));
  return reports
    .flatMap((report): RTCInboundRtpStreamStats[] => [...report.values()])
    .filter(({ type, packetsReceived }) => type === "inbound-rtp" && (packetsReceived ?? 0) > 0).length;
}

/** In the page. */
async function packetsReceived(): Promise<number> {
  const reports = await Promise.all(connections.map((connection) => connection.getStats()));
  return reports
    .flatMap((report): RTCInboundRtpStreamStats[] => [...report.values()])
    .filter(({ type }) => type === "inbound-rtp")
    .reduce((sum, { packetsReceived: received }) => sum + (received ?? 0), 0);
}

/** In the page. */
async function bytesReceived(of: "audio" | "video"): Promise<number> {
  const reports = await Promise.all(connections.map((connection) => connection.getStats()));
  return reports
    .flatMap((report): RTCInboundRtpStreamStats[] => [...report.values()])
    .filter(({ type, kind }) => type === "inbound-rtp" && kind === of)
    .reduce((sum, { bytesReceived: received }) => sum + (received ?? 0), 0);
}

const sessionOf = (user: UserId): SignedIn => ({
  phase: "signed-in",
  user,
  device: "DEVICE",
  name: user,
  avatar: null,
  homeserver: "https://hs.example",
  sync: "live",
});

export function callOf(phase: CallState["phase"], participants: readonly Participant[]): CallState {
  return {
    room: "!room:hs.example",
    name: "Room",
    avatar: null,
    direct: null,
    encrypted: true,
    intent: "video",
    phase,
    outgoing: null,
    held: null,
    joinedAt: null,
    membership: phase === "joined" ? "live" : "none",
    error: null,
    safetyCode: null,
    transport: TRANSPORT,
    participants,
  };
}

export function member(user: UserId, local: boolean, key: Participant["key"] = "have"): Participant {
  const identity = `${user}:DEVICE`;
  return {
    id: `${user}|DEVICE`,
    user,
    device: "DEVICE",
    name: user,
    avatar: null,
    identity,
    transport: TRANSPORT,
    foreign: null,
    ourKey: "sent",
    trust: "signed",
    handAt: null,
    reaction: null,
    local,
    joinedAt: 0,
    key,
  };
}
