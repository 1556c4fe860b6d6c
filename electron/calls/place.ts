import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import { transportKey } from "../../shared/rtc/transports.ts";
import type { Rtc, SessionView } from "../rtc/types.ts";

/** The window's call as its media need it: where we publish, and leave to connect to its SFUs. */
export class Place {
  readonly room: RoomId;
  readonly #rtc: Rtc;
  /** Each SFU that was granted once: the next grant is for a new dial, and must be a new one. */
  readonly #granted = new Set<string>();
  #transport: string | null = null;
  #finding: Promise<void> | null = null;

  constructor(rtc: Rtc, room: RoomId) {
    this.#rtc = rtc;
    this.room = room;
  }

  /** Our own transport, once found. */
  get transport(): string | null {
    return this.#transport;
  }

  /** Finds our transport, and a grant ahead of need. Fails as `Rtc.ownTransport`; cheap to repeat. */
  find(): Promise<void> {
    this.#finding ??= this.#find().finally(() => (this.#finding = null));
    return this.#finding;
  }

  /** @throws AppError `denied` for an SFU that the call does not name, `grant-refused`, … */
  async grant(transport: string, session: SessionView | undefined): Promise<SfuGrant> {
    const named = session?.members.some((member) => transportKey(member.transport) === transport);
    if (transport !== this.#transport && !named)
      throw new AppError("denied", "no such transport in this call");
    const fresh = this.#granted.has(transport);
    this.#granted.add(transport);
    return this.#rtc.grant({ room: this.room, transport, fresh });
  }

  async #find(): Promise<void> {
    this.#rtc.prepare(this.room);
    this.#transport = await this.#rtc.ownTransport(this.room);
  }
}
