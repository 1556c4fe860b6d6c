import { expect, it } from "vitest";

import { Sound } from "../../../../renderer/common/sound.ts";
import { knock } from "../../../../renderer/common/tones.ts";

/** As much of an AudioContext as a sound has to do with; `speakers` are those that are there. */
class Loudspeakers {
  state: AudioContextState = "running";
  currentTime = 3;
  sink = "";
  readonly destination = {};
  readonly source = Object.assign(new EventTarget(), {
    buffer: null,
    loop: false,
    startedTimes: 0,
    stopAt: null as number | null,
    connect: () => {},
    start(): void {
      this.startedTimes += 1;
    },
    stop(at: number): void {
      this.stopAt = at;
    },
  });
  readonly level = { value: 0, setTargetAtTime: () => {} };
  readonly #speakers: readonly string[];

  constructor(speakers: readonly string[]) {
    this.#speakers = ["", ...speakers];
  }

  createBuffer = () => ({ copyToChannel: () => {} });
  createGain = () => ({ gain: this.level, connect: () => {} });
  createBufferSource = () => this.source;

  async setSinkId(id: string): Promise<void> {
    if (!this.#speakers.includes(id)) throw new DOMException("no such speaker", "NotFoundError");
    this.sink = id;
  }

  async close(): Promise<void> {
    this.state = "closed";
  }
}

function sound(speakers: readonly string[] = [], volume = 0.5) {
  const context = new Loudspeakers(speakers);
  // Seam: the double has what `Sound` uses of it.
  return { context, sound: new Sound(knock, volume, context as unknown as AudioContext) };
}

it("goes to the speaker that was chosen, and back to the system's", async () => {
  const { context, sound: heard } = sound(["desk"]);
  expect(await heard.use("desk")).toBe(true);
  expect(context.sink).toBe("desk");
  expect(await heard.use(null)).toBe(true);
  expect(context.sink).toBe("");
});

it("is heard on the system's speaker where the chosen one is gone, and says so", async () => {
  const { context, sound: heard } = sound(["desk"]);
  await heard.use("desk");
  expect(await heard.use("unplugged")).toBe(false);
  expect(context.sink).toBe("");
});

it("repeats until it is stopped, then fades within 20 ms and lets the speaker go", async () => {
  const { context, sound: heard } = sound();
  heard.loop();
  expect([context.source.loop, context.source.startedTimes]).toEqual([true, 1]);
  heard.stop();
  expect(context.source.stopAt).toBeCloseTo(3.02);
  context.source.dispatchEvent(new Event("ended"));
  expect(context.state).toBe("closed");
});

it("what was stopped before it began is never heard", () => {
  const { context, sound: heard } = sound();
  context.state = "suspended";
  heard.stop();
  heard.loop();
  expect(context.source.startedTimes).toBe(0);
  expect(context.state).toBe("closed");
});

it("played once, it ends when it has rung out", async () => {
  const { context, sound: heard } = sound();
  const ended = heard.once();
  context.source.dispatchEvent(new Event("ended"));
  await ended;
  expect([context.source.loop, context.source.startedTimes]).toEqual([false, 1]);
});

it("half the volume is a quarter of the amplitude, as ears count", () => {
  expect(sound([], 0.5).context.level.value).toBe(0.25);
});
