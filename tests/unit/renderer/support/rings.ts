import type { RingState } from "../../../../shared/state/app-state.ts";

/** Somebody of this name rings us. */
export const ringOf = (name: string, more: Partial<RingState> = {}): RingState => ({
  id: `$${name}`,
  from: { user: `@${name.toLowerCase()}:example.org`, name, avatar: null },
  room: `!${name.toLowerCase()}:example.org`,
  roomName: null,
  intent: "video",
  startedAt: 0,
  expiresAt: 90_000,
  second: false,
  tone: "carillon",
  volume: 0.8,
  test: false,
  ...more,
});
