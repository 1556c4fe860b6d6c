/**
 * Media of somebody who sends are missed after so long (ms), which are four looks, however unpunctual; Opus sends at least every 400 ms,
 * however silent it is.
 */
const LOST_MS = 1800;
/** The same of a shared screen alone, which browsers send once a second though nothing moves on it. */
const SCREEN_LOST_MS = 2300;
/** The same before anything of theirs came, or came again: an SFU may wait for a key frame. */
const START_MS = 5000;
/** Media must flow for so long (ms) before somebody lost is back. */
const BACK_MS = 1000;
/** So far (ms) into somebody's silence our own connection must have shown life, or the silence may be ours. */
const OURS_MS = 1000;
/** ICE asks every 2.5 s: a connection on which nothing arrives for longer (ms) is dead. */
const QUIET_MS = 4000;
/** Whatever was silent while a connection was dead for so long (ms) is counted anew once it lives. */
const OUTAGE_MS = 3000;
/** What a look counts at most (ms): a computer that slept has not listened. */
const LONGEST_MS = 1000;

/** What one look at a connection to an SFU found. */
export interface Look {
  /** Ms on a clock that only goes forward. */
  readonly at: number;
  /** Something arrived on it since the look before, be it media or not. */
  readonly alive: boolean;
  /** By identity. */
  readonly people: ReadonlyMap<string, Flow>;
}

export interface Flow {
  /** Media of theirs arrived since the look before. */
  readonly came: boolean;
  /**
   * `media` ought to come; `screen`: only a shared one, which some send when it changes and not otherwise; `paused`: they send, but nobody here
   * looks at it; `none`: all that they have is muted.
   */
  readonly due: "media" | "screen" | "paused" | "none";
  /** The SFU says that it has lost them. */
  readonly failing: boolean;
}

/** What the looks at one connection add up to. Spans are ms of watching. */
export interface Presence {
  readonly at: number | null;
  readonly quietMs: number;
  readonly people: ReadonlyMap<string, Person>;
}

interface Person {
  readonly lost: boolean;
  /** What the SFU said at the last look. */
  readonly failing: boolean;
  /** Their screen came back by itself from such a silence: it tells nothing any more. */
  readonly sparse: boolean;
  /** Something of what is due now came before. */
  readonly started: boolean;
  /** Since when what is due has not come. */
  readonly silentMs: number;
  /** How far into that silence the connection last showed life. */
  readonly livedMs: number;
  /** Since when it flows again. */
  readonly steadyMs: number;
}

export const noPresence: Presence = { at: null, quietMs: 0, people: new Map() };
const newcomer: Person = {
  lost: false,
  failing: false,
  sparse: false,
  started: false,
  silentMs: 0,
  livedMs: 0,
  steadyMs: 0,
};

/** The next look at the connection. Who is not in it is forgotten. */
export function look(before: Presence, { at, alive, people }: Look): Presence {
  const ms = before.at === null ? 0 : Math.min(LONGEST_MS, Math.max(0, at - before.at));
  const revived = alive && before.quietMs >= OUTAGE_MS;
  return {
    at,
    quietMs: alive ? 0 : before.quietMs + ms,
    people: new Map(
      [...people].map(([identity, flow]) => {
        const person = before.people.get(identity) ?? newcomer;
        return [identity, next(revived ? { ...person, silentMs: 0, livedMs: 0 } : person, flow, ms, alive)];
      }),
    ),
  };
}

function next(before: Person, { came, due, failing }: Flow, ms: number, alive: boolean): Person {
  const returned = came && due === "screen" && before.lost;
  const sparse = before.sparse || returned;
  if (came) {
    const steadyMs = before.steadyMs + ms;
    const lost = before.lost && !returned && steadyMs < BACK_MS;
    const started = due === "media" || due === "screen";
    return { lost, failing, sparse, started, silentMs: 0, livedMs: 0, steadyMs };
  }
  // Whether they are there only the SFU can say, and of those lost it must have said so to say that they are back.
  if (due === "paused" || (due === "screen" && sparse))
    return { ...newcomer, lost: failing || (before.lost && !before.failing), failing, sparse };
  // Whoever mutes is there to do it; beyond that only the SFU knows.
  if (due === "none") return { ...newcomer, lost: failing, failing };
  const silentMs = before.silentMs + ms;
  const livedMs = alive ? silentMs : before.livedMs;
  const limitMs = due === "screen" ? SCREEN_LOST_MS : LOST_MS;
  const missed = silentMs >= (before.started ? limitMs : START_MS) && livedMs >= OURS_MS;
  return { ...before, lost: before.lost || missed, failing, silentMs, livedMs, steadyMs: 0 };
}

/** Whose media stopped though they should come. */
export const lostOf = ({ people }: Presence): ReadonlySet<string> =>
  new Set([...people].filter(([, { lost }]) => lost).map(([identity]) => identity));

/** Nothing at all arrives any more: the trouble is ours, or the SFU's. */
export const isQuiet = ({ quietMs }: Presence): boolean => quietMs >= QUIET_MS;
