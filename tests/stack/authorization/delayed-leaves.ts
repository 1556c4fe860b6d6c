import type { SfuRooms } from "./sfu-rooms.ts";
import { actOnDelayedEvent } from "./homeservers.ts";
import type { Delegation } from "./requests.ts";

/** A participant of the SFU, as a delegation names it. */
export type Place = { sfuRoom: string; identity: string };

type Held = Place & Delegation & { homeserver: string; seen: boolean; until: number; timer?: NodeJS.Timeout };

/** The delayed leaves that are kept alive while their participants are on the SFU. */
export type DelayedLeaves = {
  /** Takes one over; replaces an earlier one of the same participant. */
  hold(place: Place, delegation: Delegation, homeserver: string): void;
  /** The SFU says that the participant came. */
  joined(place: Place): void;
  /** The SFU says that the participant with this session id left. */
  left(place: Place, sid: string): Promise<void>;
  close(): void;
};

export function delayedLeaves(sfu: SfuRooms): DelayedLeaves {
  const held = new Map<string, Held>();
  const keyOf = ({ sfuRoom, identity }: Place): string => `${sfuRoom} ${identity}`;

  function drop(leave: Held): void {
    clearTimeout(leave.timer);
    if (held.get(keyOf(leave)) === leave) held.delete(keyOf(leave));
  }

  // Three chances within each delay; the leave of somebody who never came fires by itself.
  function later(leave: Held): void {
    clearTimeout(leave.timer);
    if (held.get(keyOf(leave)) !== leave) return;
    if (!leave.seen && Date.now() > leave.until) drop(leave);
    else leave.timer = setTimeout(() => void renew(leave), leave.timeoutMs / 3);
  }

  async function renew(leave: Held): Promise<void> {
    const there = await sfu.sidOf(leave);
    if (there === "unknown") return later(leave);
    if (there === undefined) return leave.seen ? send(leave) : later(leave);
    leave.seen = true;
    const answer = await actOnDelayedEvent(leave.homeserver, leave.delayId, "restart");
    if (answer === "gone") drop(leave);
    else later(leave);
  }

  async function send(leave: Held): Promise<void> {
    const answer = await actOnDelayedEvent(leave.homeserver, leave.delayId, "send");
    if (answer === "unreachable") later(leave);
    else drop(leave);
  }

  return {
    hold(place, delegation, homeserver) {
      const before = held.get(keyOf(place));
      if (before) drop(before);
      const leave: Held = {
        ...place,
        ...delegation,
        homeserver,
        seen: false,
        until: Date.now() + delegation.timeoutMs,
      };
      held.set(keyOf(place), leave);
      void renew(leave);
    },
    joined(place) {
      const leave = held.get(keyOf(place));
      if (leave) void renew(leave);
    },
    async left(place, sid) {
      const leave = held.get(keyOf(place));
      if (!leave) return;
      // Another session of the same participant may have come before this one went.
      const there = await sfu.sidOf(place);
      if (there === undefined || there === sid) await send(leave);
    },
    close() {
      for (const leave of held.values()) clearTimeout(leave.timer);
      held.clear();
    },
  };
}
