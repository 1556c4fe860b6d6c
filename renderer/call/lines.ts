import type { Client } from "../../shared/ipc/client.ts";
import { AppError } from "../../shared/errors.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import type { Backend } from "../media/backend.ts";
import { Dials } from "../media/dials.ts";

export interface LinesPorts {
  readonly client: Client;
  readonly backend: Backend;
  readonly changed: () => void;
  /** A connection of the call that is on has forgotten the keys. */
  readonly signalled: () => void;
}

/** A call's connections. */
interface Line {
  readonly room: RoomId;
  readonly dials: Dials;
  /** What main was last told of the one where we publish. */
  told: boolean | null;
}

/**
 * The connections of our calls: of the one that is on, and of one that is held. The latter carry nothing, and yet they stay: whoever leaves the SFU
 * is taken for gone by its authorization service, and leaves the call for all to see.
 */
export class Lines {
  readonly #ports: LinesPorts;
  #on: Line | null = null;
  #held: Line | null = null;

  constructor(ports: LinesPorts) {
    this.#ports = ports;
  }

  /** The room of the call that is on. */
  get room(): RoomId | null {
    return this.#on?.room ?? null;
  }

  /** The connections of the call that is on. */
  get dials(): Dials | null {
    return this.#on?.dials ?? null;
  }

  /** Goes over to a room's call; the other one is held or given up. Returns whether it was held itself, and may lack keys. */
  goTo(room: RoomId, held: RoomId | null): boolean {
    const before = this.#on;
    const back = this.#held?.room === room ? this.#held : null;
    if (back) this.#held = null;
    this.#on = back ?? this.#open(room);
    if (before?.room === held) this.#held = before;
    else before?.dials.close();
    this.#held?.dials.rest();
    this.look(held);
    return back !== null;
  }

  /** Gives up the call that is on. */
  end(): void {
    const line = this.#on;
    // What closes may tell of it, and is not to be opened again for that.
    this.#on = null;
    line?.dials.close();
  }

  /** Gives up what is held by now where it is over, or where it lost its SFU: it is for the call itself to connect anew. */
  look(held: RoomId | null): void {
    const line = this.#held;
    if (!line) return;
    const { connection } = line.dials;
    this.#tell(line);
    if (line.room === held && (connection === "connected" || connection === "reconnecting")) return;
    this.#held = null;
    line.dials.close();
  }

  /** Main keeps our membership by it. */
  tell(): void {
    if (this.#on) this.#tell(this.#on);
  }

  #tell(line: Line): void {
    const connected = line.dials.connection === "connected";
    if (connected === line.told) return;
    line.told = connected;
    this.#ports.client.call("call.connected", { room: line.room, connected }).catch(() => {});
  }

  #open(room: RoomId): Line {
    const { client, backend, changed, signalled } = this.#ports;
    const isOn = (): boolean => this.#on?.room === room;
    const dials = new Dials({
      open: (options) => backend.open({ ...options, signalled: () => isOn() && signalled() }),
      // Main grants for the call that is on.
      grant: async (transport) => {
        if (!isOn()) throw new AppError("denied", "the call is held");
        return client.call("call.grant", { transport });
      },
      changed,
    });
    return { room, dials, told: null };
  }
}
