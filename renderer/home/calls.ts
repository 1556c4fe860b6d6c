import MonitorSmartphone from "@lucide/svelte/icons/monitor-smartphone";
import PhoneIncoming from "@lucide/svelte/icons/phone-incoming";
import PhoneMissed from "@lucide/svelte/icons/phone-missed";
import PhoneOff from "@lucide/svelte/icons/phone-off";
import PhoneOutgoing from "@lucide/svelte/icons/phone-outgoing";
import type { Component } from "svelte";

import { t } from "../../shared/messages/messages.ts";
import type { CallEntry } from "../../shared/state/app-state.ts";
import { namesOf } from "../common/names.ts";
import { matcher } from "./lists.ts";
import { dayOf } from "./times.ts";

export interface CallDay {
  readonly day: string;
  readonly calls: readonly CallEntry[];
}

/** The calls that match, by the day on which they began, newest first. */
export function daysOf(calls: readonly CallEntry[], term: string, now: number): readonly CallDay[] {
  const matches = matcher(term);
  const found = calls.filter(({ name, direct, caller, people }) =>
    matches(name, direct ?? "", caller.name, ...people.map((person) => person.name)),
  );
  const sorted = found.toSorted((a, b) => b.startedAt - a.startedAt);
  const byDay = Map.groupBy(sorted, ({ startedAt }) => dayOf(startedAt, now));
  return [...byDay].map(([day, of]) => ({ day, calls: of }));
}

/** How a call ended, in a word and a picture. */
export function outcomeOf({ direction, outcome }: CallEntry): {
  readonly word: string;
  readonly icon: Component<{ size?: number }>;
} {
  const [key, icon] = outcomes[direction][outcome];
  return { word: t(key), icon };
}

/** Who it was with, where the entry's name does not say it. */
export function companyOf({ direct, direction, caller, people }: CallEntry): string {
  if (direct !== null) return "";
  if (people.length > 0) return t("calls.with", { names: namesOf(people) });
  return direction === "incoming" ? t("calls.from", { name: caller.name }) : "";
}

type Word =
  | "calls.incoming"
  | "calls.outgoing"
  | "calls.missed"
  | "calls.declined"
  | "calls.declined-there"
  | "calls.elsewhere"
  | "calls.no-answer"
  | "calls.busy"
  | "calls.cancelled";
type Outcomes = { readonly [O in CallEntry["outcome"]]: readonly [Word, Component<{ size?: number }>] };

const either = {
  elsewhere: ["calls.elsewhere", MonitorSmartphone],
  missed: ["calls.missed", PhoneMissed],
  "no-answer": ["calls.no-answer", PhoneOff],
  busy: ["calls.busy", PhoneOff],
  cancelled: ["calls.cancelled", PhoneOff],
} as const;

const outcomes: { readonly [D in CallEntry["direction"]]: Outcomes } = {
  incoming: {
    ...either,
    answered: ["calls.incoming", PhoneIncoming],
    declined: ["calls.declined", PhoneOff],
  },
  outgoing: {
    ...either,
    answered: ["calls.outgoing", PhoneOutgoing],
    declined: ["calls.declined-there", PhoneOff],
  },
};
