import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Account } from "../matrix/account.ts";
import type { Fetch } from "../matrix/http.ts";
import { person, Rooms } from "../matrix/rooms.ts";
import { rtcMatrix } from "../matrix/rtc-matrix.ts";
import { createRtc } from "../rtc/engine.ts";
import type { DelayIds } from "../rtc/ports.ts";
import { CALL_APPLICATION, ongoingCall } from "./call-state.ts";
import { Conductor, type ConductorParts } from "./conductor.ts";

export interface RunningParts extends Omit<ConductorParts, "rtc" | "personOf"> {
  readonly delayIds: DelayIds;
  readonly fetch: Fetch;
}

/** All that runs while an account is signed in: its rooms, its sessions and its call. */
export class Running {
  readonly account: Account;
  readonly conductor: Conductor;
  readonly #rtc: ReturnType<typeof createRtc>;

  constructor(account: Account, parts: RunningParts) {
    const { store, clock, delayIds, fetch, log } = parts;
    const { client } = account;
    this.account = account;
    this.#rtc = createRtc({
      matrix: rtcMatrix(client),
      clock,
      delayIds,
      log,
      fetch,
      ownServiceUrl: () => store.state.settings.serviceUrl,
    });
    const personOf = (room: RoomId, user: UserId) => person(client.getRoom(room), user);
    const callOf = (room: RoomId) =>
      ongoingCall(
        this.#rtc.sessions(room).find(({ application }) => application === CALL_APPLICATION),
        personOf,
      );

    this.conductor = new Conductor({ ...parts, rtc: this.#rtc, personOf });
    const rooms = new Rooms(client, callOf, (lists) => {
      store.update((state) => ({ ...state, ...lists }));
      this.conductor.refresh();
    });
    this.#rtc.onChange((room) => rooms.touch(room));
  }

  wake(): void {
    this.account.wake();
    this.#rtc.wake();
  }

  /** Leaves the call as others should see it. The account closes after. */
  async stop(): Promise<void> {
    await this.conductor.stop();
    await this.#rtc.stop();
  }
}
