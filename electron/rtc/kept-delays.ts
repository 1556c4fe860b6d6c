import * as v from "valibot";

import type { RoomId } from "../../shared/matrix/ids.ts";
import type { Self, Stale } from "../../shared/rtc/membership-state.ts";
import type { DelayIds } from "./ports.ts";

type Form = Self["form"];
const entries = v.array(v.object({ id: v.string(), form: v.picklist(["legacy", "sticky"]) }));

/** The delayed leaves of one room that survive a kill, each with the form of the membership that it ends. */
export class KeptDelays {
  readonly #delayIds: DelayIds;
  readonly #room: RoomId;
  readonly #form: Form;
  readonly #before: ReadonlyMap<string, Form>;

  /** `form`: of the memberships of this run. */
  constructor(delayIds: DelayIds, room: RoomId, form: Form) {
    this.#delayIds = delayIds;
    this.#room = room;
    this.#form = form;
    this.#before = new Map(parsed(delayIds.get(room)).map(({ id, form: theirs }) => [id, theirs]));
  }

  /** What a killed run left behind. */
  get stale(): readonly Stale[] {
    return [...this.#before].map(([delayId, form]) => ({
      delayId,
      end: form === "legacy" && this.#form === "legacy" ? "cancel" : "fire",
    }));
  }

  keep(ids: readonly string[]): void {
    const text = ids.map((id) => ({ id, form: this.#before.get(id) ?? this.#form }));
    this.#delayIds.set(this.#room, ids.length === 0 ? null : JSON.stringify(text));
  }
}

/** Earlier versions wrote a bare id, and only ever of legacy memberships. */
function parsed(text: string | null): v.InferOutput<typeof entries> {
  if (text === null) return [];
  try {
    return v.parse(entries, JSON.parse(text));
  } catch {
    return [{ id: text, form: "legacy" }];
  }
}
