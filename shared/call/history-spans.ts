import { LONGEST_RING_MS } from "../rtc/notification.ts";
import { byPlaceInTime, type Notice, type Stay } from "./history-facts.ts";

/** One call: who was in it, and who was told of it, in order of time. */
export interface Span {
  readonly stays: readonly Stay[];
  readonly notices: readonly Notice[];
  /** What it began with. */
  readonly first: Stay | Notice;
  /** Epoch ms; null while somebody is in it or, before anybody is, while it rings. */
  readonly endedAt: number | null;
}

/** A leave and a return within this (ms) are one call: our own delayed leave may fire while we are in it. */
const FLAP_MS = 5_000;

interface Draft {
  readonly stays: Stay[];
  readonly notices: Notice[];
  readonly from: number;
  to: number;
}

/** The calls of all slots, oldest first. Both lists are in order of time. */
export function spansOf(
  { stays, notices }: { readonly stays: readonly Stay[]; readonly notices: readonly Notice[] },
  now: number,
): readonly Span[] {
  const slots = new Set([...stays, ...notices].map(({ slot }) => slot));
  return [...slots]
    .flatMap((of) =>
      draftsOf(
        stays.filter(({ slot }) => slot === of).toSorted(byPlaceInTime),
        notices.filter(({ slot }) => slot === of),
      ),
    )
    .flatMap((draft) => finish(draft, now))
    .toSorted((a, b) => byPlaceInTime(a.first, b.first));
}

function draftsOf(stays: readonly Stay[], notices: readonly Notice[]): readonly Draft[] {
  const calls: Draft[] = [];
  for (const stay of stays) {
    const last = calls.at(-1);
    if (last && stay.at < last.to + FLAP_MS) {
      last.stays.push(stay);
      last.to = Math.max(last.to, stay.until);
    } else calls.push({ stays: [stay], notices: [], from: stay.at, to: stay.until });
  }
  // Rings to which nobody came: those that overlap are one call.
  const alone: Draft[] = [];
  for (const notice of notices) {
    const call = callOf(notice, calls);
    const last = alone.at(-1);
    if (call) call.notices.push(notice);
    else if (last && notice.at < last.to + FLAP_MS) {
      last.notices.push(notice);
      last.to = Math.max(last.to, reach(notice));
    } else alone.push({ stays: [], notices: [notice], from: notice.at, to: reach(notice) });
  }
  return [...calls, ...alone];
}

/** The call of the member it refers to, else the one that runs at its time, else the one that begins while it rings. */
function callOf(notice: Notice, calls: readonly Draft[]): Draft | undefined {
  const { at, member } = notice;
  return (
    calls.find(
      ({ stays, to }) =>
        // A ring of today is not of last week's call, whatever it refers to.
        at <= to + LONGEST_RING_MS && stays.some(({ events }) => events.some((id) => id === member)),
    ) ??
    calls.find(({ from, to }) => from <= at && at < to + FLAP_MS) ??
    calls.find(({ from }) => at < from && from <= reach(notice))
  );
}

/** When a withdrawn one ended is not known. */
const reach = ({ at, endsAt, withdrawn }: Notice): number => (withdrawn ? at : endsAt);

function finish({ stays, notices, to }: Draft, now: number): Span[] {
  const [first] = [...stays, ...notices].toSorted(byPlaceInTime);
  if (!first) return [];
  const isOver =
    stays.length > 0
      ? stays.every(({ left, until }) => left || until <= now)
      : notices.every(({ withdrawn, expiresAt }) => withdrawn || expiresAt <= now);
  return [{ stays, notices, first, endedAt: isOver ? Math.max(to, first.at) : null }];
}
