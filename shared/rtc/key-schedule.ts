import type { UserId } from "../matrix/ids.ts";

/** A joiner gets the same key where it is younger than this. */
export const GRACE_MS = 10_000;
/** From "everybody was sent the new key" to its first use: the rest of its way. */
export const ARRIVAL_MS = 250;
/** From seeing somebody leave (or come) to the first frame under a key that they do not have (or only have now), at most. */
export const ROTATION_MS = 1_000;
/** Changes in quick succession share a key. */
const SPACING_MS = 400;
const RETRY_MS = [500, 1_000, 2_000, 5_000];
const LONGEST_RETRY_MS = 30_000;
const UNDELIVERABLE_MS = [2_000, 5_000, 15_000, 30_000];
/** So often a send may fail before anybody is told. */
const FAILING_TRIES = 2;

/** Somebody else's device in the session. */
export interface Recipient {
  /** Unique in the session, the same through one stay and a next. */
  readonly id: string;
  readonly user: UserId;
  readonly device: string;
  /** Differs when the same id comes again, having lost its keys. */
  readonly stay: string;
}

export interface OwnKey {
  readonly index: number;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly madeAt: number;
}

/** Who has which of our keys. At most two live: the one in use, and the next one on its way. */
export interface KeySchedule {
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly current: OwnKey | null;
  readonly next: OwnKey | null;
  /** The newest key will not do: somebody who left has it, or it is too old for somebody who came. */
  readonly spoilt: boolean;
  /** `make-key` is not answered yet. */
  readonly asked: boolean;
  /** Epoch ms by which another key than the current one is in use; null where that one serves. */
  readonly rotateBy: number | null;
  /** Epoch ms at which the next key was sent to everybody who can be reached. */
  readonly settledAt: number | null;
  /** Nobody loses anything when the next key is used before it arrives. */
  readonly atOnce: boolean;
  /** How far the newest key is with each recipient. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** Who was sent the current key. */
  readonly holders: ReadonlySet<string>;
  readonly now: number;
}

interface Delivery {
  /** `failed`: the server was not reached; `unknown`: no such device is known yet. */
  readonly at: "none" | "sending" | "sent" | "failed" | "unknown";
  readonly tries: number;
  /** Tried, and not only once where the server was not reached. */
  readonly failing: boolean;
  /** Epoch ms, where `failed` or `unknown`. */
  readonly retryAt: number | null;
}

export type KeyEvent = { readonly now: number } & (
  | { readonly type: "members"; readonly recipients: readonly Recipient[] }
  | { readonly type: "key-made"; readonly key: Uint8Array<ArrayBuffer> }
  | {
      readonly type: "sent";
      readonly index: number;
      readonly to: readonly Recipient[];
      readonly undeliverable: readonly Recipient[];
    }
  | {
      readonly type: "send-failed";
      readonly index: number;
      readonly to: readonly Recipient[];
      readonly retryAfterMs: number | null;
    }
  /** Devices of this user became known. */
  | { readonly type: "devices"; readonly user: UserId }
  /** Everybody saw us gone, and dropped our keys. */
  | { readonly type: "time" | "wake" | "forgotten" }
);

export type KeyEffect =
  /** 16 random bytes, as `key-made`, at once. */
  | { readonly type: "make-key" }
  | { readonly type: "send-key"; readonly key: OwnKey; readonly to: readonly Recipient[] }
  /** Encrypt with it from now. */
  | { readonly type: "use-key"; readonly key: OwnKey };

type Step = readonly [KeySchedule, readonly KeyEffect[]];

/** First of all a key is made and used; `members` then says who gets it. */
export const newKeySchedule = (now: number): Step => [
  {
    recipients: new Map(),
    current: null,
    next: null,
    spoilt: false,
    asked: true,
    rotateBy: null,
    settledAt: null,
    atOnce: true,
    deliveries: new Map(),
    holders: new Set(),
    now,
  },
  [{ type: "make-key" }],
];

export function stepKeys(before: KeySchedule, event: KeyEvent): Step {
  return decide(after({ ...before, now: event.now }, event));
}

/** Epoch ms of the next `time` that matters. */
export function nextKeyAt(state: KeySchedule): number | null {
  const times = [
    state.rotateBy,
    state.spoilt ? makeAt(state) : null,
    state.settledAt === null ? null : state.settledAt + ARRIVAL_MS,
  ];
  for (const { retryAt } of state.deliveries.values()) times.push(retryAt);
  const ahead = times.filter((at): at is number => at !== null && at > state.now);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** Whether the recipient was sent the key that is in use; `failing`: the newest was tried in vain so far. */
export function sentTo({ holders, deliveries }: KeySchedule, id: string): "sent" | "waiting" | "failing" {
  if (holders.has(id)) return "sent";
  return deliveries.get(id)?.failing ? "failing" : "waiting";
}

/** The newest key: what a recipient must have. */
const newestOf = ({ next, current }: KeySchedule): OwnKey | null => next ?? current;

const makeAt = (state: KeySchedule): number =>
  Math.min((newestOf(state)?.madeAt ?? 0) + SPACING_MS, state.rotateBy ?? Infinity);

function after(state: KeySchedule, event: KeyEvent): KeySchedule {
  switch (event.type) {
    case "members":
      return withRecipients(state, event.recipients);
    case "key-made":
      return state.asked ? withKey(state, event.key) : state;
    case "sent": {
      const unknown = new Set(event.undeliverable.map(({ id }) => id));
      return delivered(state, event, (id, tries) =>
        unknown.has(id)
          ? {
              at: "unknown",
              tries: tries + 1,
              failing: true,
              retryAt: state.now + backoff(UNDELIVERABLE_MS, tries),
            }
          : { at: "sent", tries: 0, failing: false, retryAt: null },
      );
    }
    case "send-failed":
      return delivered(state, event, (_, tries) => ({
        at: "failed",
        tries: tries + 1,
        failing: tries + 1 >= FAILING_TRIES,
        retryAt: state.now + Math.min(event.retryAfterMs ?? backoff(RETRY_MS, tries), LONGEST_RETRY_MS),
      }));
    case "devices":
      return retried(state, (id) => state.recipients.get(id)?.user === event.user);
    case "forgotten":
      return {
        ...state,
        deliveries: new Map([...state.recipients.keys()].map((id) => [id, NONE])),
        holders: new Set(),
      };
    case "wake":
      return retried(state, () => true);
    case "time":
      return retried(state, (_, retryAt) => retryAt <= state.now);
  }
}

function withRecipients(state: KeySchedule, list: readonly Recipient[]): KeySchedule {
  const recipients = new Map(list.map((recipient) => [recipient.id, recipient]));
  const someLeft = [...state.recipients.keys()].some((id) => !recipients.has(id));
  const came = list.filter(({ id, stay }) => state.recipients.get(id)?.stay !== stay);
  if (!someLeft && came.length === 0) return state;

  const deliveries = new Map([...state.deliveries].filter(([id]) => recipients.has(id)));
  for (const { id } of came) deliveries.set(id, NONE);
  const fresh = new Set(came.map(({ id }) => id));
  const holders = new Set([...state.holders].filter((id) => recipients.has(id) && !fresh.has(id)));
  const changed = { ...state, recipients, deliveries, holders };
  const newest = newestOf(state);
  // Before the first key there is nothing to replace; it is made for whoever is there then.
  if (!newest || (!someLeft && state.now - newest.madeAt < GRACE_MS)) return changed;
  // Of several promises the earliest stands.
  return {
    ...changed,
    spoilt: true,
    rotateBy: Math.min(state.rotateBy ?? Infinity, state.now + ROTATION_MS),
  };
}

function withKey(state: KeySchedule, key: Uint8Array<ArrayBuffer>): KeySchedule {
  const newest = newestOf(state);
  const served = [...state.deliveries.values()].some(({ at }) => at === "sent" || at === "sending");
  return {
    ...state,
    next: { index: newest ? (newest.index + 1) % 256 : 0, key, madeAt: state.now },
    spoilt: false,
    asked: false,
    settledAt: null,
    atOnce: !served && state.next === null,
    deliveries: new Map([...state.recipients.keys()].map((id) => [id, NONE])),
  };
}

/** Of the newest key alone, and of those alone who did not come afresh meanwhile. */
function delivered(
  state: KeySchedule,
  { index, to }: { readonly index: number; readonly to: readonly Recipient[] },
  become: (id: string, tries: number) => Delivery,
): KeySchedule {
  if (newestOf(state)?.index !== index) return state;
  const deliveries = new Map(state.deliveries);
  for (const { id, stay } of to) {
    const delivery = deliveries.get(id);
    if (delivery?.at === "sending" && state.recipients.get(id)?.stay === stay) {
      deliveries.set(id, become(id, delivery.tries));
    }
  }
  return { ...state, deliveries, holders: state.next ? state.holders : holdersOf(deliveries) };
}

const holdersOf = (deliveries: KeySchedule["deliveries"]): ReadonlySet<string> =>
  new Set([...deliveries].flatMap(([id, { at }]) => (at === "sent" ? [id] : [])));

function retried(state: KeySchedule, which: (id: string, retryAt: number) => boolean): KeySchedule {
  const due = [...state.deliveries].filter(([id, { retryAt }]) => retryAt !== null && which(id, retryAt));
  if (due.length === 0) return state;
  const deliveries = new Map(state.deliveries);
  for (const [id, delivery] of due) deliveries.set(id, { ...delivery, at: "none", retryAt: null });
  return { ...state, deliveries };
}

function decide(from: KeySchedule): Step {
  const effects: KeyEffect[] = [];
  let state = from;
  const newest = newestOf(state);
  const to = [...state.recipients.values()].filter(({ id }) => state.deliveries.get(id)?.at === "none");
  if (newest && !state.spoilt && to.length > 0) {
    const deliveries = new Map(state.deliveries);
    for (const { id } of to) {
      deliveries.set(id, { ...(deliveries.get(id) ?? NONE), at: "sending" });
    }
    state = { ...state, deliveries };
    effects.push({ type: "send-key", key: newest, to });
  }
  const { next } = state;
  const making = state.spoilt && !state.asked && state.now >= makeAt(state);
  if (making) state = { ...state, asked: true };
  // Last, since its answer is an event of its own.
  const finished = (last: KeySchedule): Step => [last, making ? [...effects, { type: "make-key" }] : effects];
  if (!next) return finished(state);

  const open = [...state.deliveries.values()].some(({ at }) => at !== "sent" && at !== "unknown");
  state = { ...state, settledAt: open ? null : (state.settledAt ?? state.now) };
  const arrived = state.settledAt !== null && state.now >= state.settledAt + ARRIVAL_MS;
  const overdue = state.rotateBy !== null && state.now >= state.rotateBy;
  if (!arrived && !overdue && !state.atOnce) return finished(state);
  effects.push({ type: "use-key", key: next });
  const rotateBy = state.spoilt ? state.rotateBy : null;
  const holders = holdersOf(state.deliveries);
  return finished({ ...state, current: next, next: null, settledAt: null, rotateBy, holders });
}

const NONE: Delivery = { at: "none", tries: 0, failing: false, retryAt: null };

const backoff = (steps: readonly number[], tries: number): number =>
  steps[Math.min(tries, steps.length - 1)] ?? LONGEST_RETRY_MS;
