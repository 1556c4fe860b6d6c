import type { MatrixEvent } from "./matrix-request.ts";
import type { Person } from "./people.ts";

/** What a room's events say to somebody who watches from outside, in the order in which they come. */
export type RoomWatch = {
  /** All events since the watch began, state and timeline. */
  readonly events: readonly MatrixEvent[];
  /** Resolves with the first event, seen already or to come, for which this holds. Rejects on failure or `limitMs`. */
  until(holds: (event: MatrixEvent) => boolean, limitMs?: number): Promise<MatrixEvent>;
  stop(): Promise<void>;
};

type Sync = {
  next_batch: string;
  rooms?: {
    join?: Record<string, { timeline?: { events: MatrixEvent[] }; state?: { events: MatrixEvent[] } }>;
  };
};

/**
 * Reads a room by a bare /sync as `person`; begins now, without the past.
 * Use a person or device that no app is signed in as: a sync eats its device's to-device messages.
 */
export async function watchRoom(person: Person, roomId: string): Promise<RoomWatch> {
  const events: MatrixEvent[] = [];
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  let failure: unknown;
  const filter = encodeURIComponent(JSON.stringify({ room: { rooms: [roomId] } }));
  let since = (await person.request<Sync>("GET", `/v3/sync?timeout=0&filter=${filter}`)).next_batch;

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      const path = `/v3/sync?timeout=30000&since=${since}&filter=${filter}`;
      const sync = await person.request<Sync>("GET", path, undefined, stopping.signal);
      since = sync.next_batch;
      const room = sync.rooms?.join?.[roomId];
      events.push(...(room?.state?.events ?? []), ...(room?.timeline?.events ?? []));
      for (const look of waiting) look();
    }
  }
  const reading = read().catch((error: unknown) => {
    if (stopping.signal.aborted) return;
    failure = error;
    for (const look of waiting) look();
  });

  return {
    events,
    until(holds, limitMs = 60_000) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          act();
        };
        const look = (): void => {
          const found = events.find(holds);
          if (found) settle(() => resolve(found));
          else if (failure !== undefined) settle(() => reject(failure));
        };
        const timer = setTimeout(() => settle(() => reject(new Error("no such event came"))), limitMs);
        waiting.add(look);
        look();
      });
    },
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}
