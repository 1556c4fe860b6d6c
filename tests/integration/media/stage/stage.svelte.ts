import type { TileView } from "../../../../renderer/call/view.ts";
import { CallMedia } from "../../../../renderer/call/call.svelte.ts";
import { Mirror } from "../../../../renderer/common/mirror.svelte.ts";
import { startRingback } from "../../../../renderer/common/ringback.ts";
import { livekit } from "../../../../renderer/media/livekit.ts";
import type { Envelope } from "../../../../shared/ipc/bridge.ts";
import { createClient } from "../../../../shared/ipc/client.ts";

declare global {
  /** The test, posing as main. */
  function askMain(command: string, args: unknown): Promise<Envelope>;
  /** What the test does and reads here. */
  var stage: {
    readonly call: CallMedia;
    readonly hear: (topic: string, payload: unknown) => void;
    /** By user: what their tile said of them, each time that it changed. */
    readonly reasons: ReadonlyMap<string, { readonly reason: string | null; readonly at: number }[]>;
  };
}

/** The media half of the call window without its looks: each tile is a bare video. */
let hear: (topic: string, payload: unknown) => void = () => {};
const client = createClient({
  invoke: async (command, args) => revive(await askMain(command, args)) as Envelope,
  listen: (listener) => {
    const before = hear;
    hear = (topic, payload) => {
      before(topic, payload);
      listener(topic, revive(payload));
    };
    return () => {};
  },
});
const call = new CallMedia({
  client,
  mirror: new Mirror<"call">(client),
  backend: livekit,
  media: navigator.mediaDevices,
  ringback: startRingback,
});
const reasons = new Map<string, { readonly reason: string | null; readonly at: number }[]>();
globalThis.stage = { call, hear: (topic, payload) => hear(topic, payload), reasons };

const shown = new Map<string, { element: HTMLVideoElement; attach: TileView["attach"]; stop: () => void }>();
$effect.root(() => {
  $effect(() => show(call.tiles));
  $effect(() => note(call.tiles));
});

function note(tiles: readonly TileView[]): void {
  for (const { user, kind, reason } of tiles) {
    const said = reasons.get(user) ?? [];
    if (kind === "screen" || said.at(-1)?.reason === reason) continue;
    reasons.set(user, [...said, { reason, at: performance.now() }]);
  }
}

function show(tiles: readonly TileView[]): void {
  for (const [id, { element, stop }] of shown) {
    if (tiles.some((tile) => tile.id === id)) continue;
    stop();
    element.remove();
    shown.delete(id);
  }
  for (const { id, user, kind, attach } of tiles) {
    const now = shown.get(id);
    if (now?.attach === attach) continue;
    now?.stop();
    const element = now?.element ?? document.createElement("video");
    element.dataset["tile"] = `${user} ${kind}`;
    element.style.cssText = "width:640px;height:360px";
    if (!now) document.body.append(element);
    shown.set(id, { element, attach, stop: attach?.(element) ?? (() => {}) });
  }
}

/** Bytes come over the test's wire as `{ bytes: number[] }`. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== "object" || value === null) return value;
  if ("bytes" in value && Array.isArray(value.bytes)) return new Uint8Array(value.bytes);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revive(inner)]));
}
