import type { IRequestOpts } from "matrix-js-sdk";
import * as v from "valibot";

import { isEventId, type EventId } from "../../shared/matrix/ids.ts";
import { RtcRequestError } from "../rtc/ports.ts";
import { toRtcRequestError } from "./request-error.ts";

export const REQUEST_MS = 10_000;
/** So that a request that a dead network swallowed does not hold up the next. The type wants a DOM option that is optional there. */
export const REQUEST = { localTimeoutMs: REQUEST_MS } as IRequestOpts;

/** What the server answers to an event that it took. */
export const sent = v.looseObject({ event_id: v.custom<EventId>(isEventId) });

/** Makes every failure an `RtcRequestError`. A reply of another shape counts as `refused`, or as `unparsed` says. */
export async function ask<T>(
  run: () => Promise<T>,
  unparsed: RtcRequestError["kind"] = "refused",
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (v.isValiError(error)) throw new RtcRequestError(unparsed, "unexpected answer");
    throw toRtcRequestError(error);
  }
}
