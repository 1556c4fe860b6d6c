import type { EventId } from "../../shared/matrix/ids.ts";
import { LONGEST_RING_MS, type CallSignal } from "../../shared/rtc/notification.ts";
import { noticePlace, readSignal, type HeardEvent } from "../../shared/rtc/read-signal.ts";

/** Reads events in the order in which they were sent, and knows what a withdrawal clears. */
export class Notices {
  readonly #newest = new Map<string, { readonly id: EventId; readonly sentAt: number }>();

  read(event: HeardEvent): CallSignal | null {
    const signal = readSignal(event, (place) => this.#newest.get(place)?.id ?? null);
    if (signal?.type === "notified") {
      const place = noticePlace(signal.notification);
      const { id, sentAt } = signal.notification;
      if (sentAt >= (this.#newest.get(place)?.sentAt ?? 0)) this.#newest.set(place, { id, sentAt });
    }
    return signal;
  }
}

/**
 * The same for events that come newest first: a withdrawal goes with the notification that comes next. One that it came too late for,
 * or that cannot be read, leaves it alone, so that it does not clear yesterday's.
 */
export class NoticesBackwards {
  readonly #clearedAt = new Map<string, number>();

  read(event: HeardEvent): CallSignal[] {
    const signal = readSignal(event, (place) => {
      this.#clearedAt.set(place, event.sentAt);
      return null;
    });
    if (signal?.type !== "notified") return signal ? [signal] : [];
    const { id, room, sentAt } = signal.notification;
    const place = noticePlace(signal.notification);
    const clearedAt = this.#clearedAt.get(place);
    this.#clearedAt.delete(place);
    const isCleared = clearedAt !== undefined && clearedAt - sentAt <= LONGEST_RING_MS;
    return isCleared ? [signal, { type: "withdrawn", room, id }] : [signal];
  }
}
