import { ClientEvent, createClient, type MatrixClient, MsgType, SyncState } from "matrix-js-sdk";

import { sdkLog } from "../../../../electron/matrix/sdk-log.ts";
import type { Person } from "../../../support/people.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Somebody else's device: a real client, with crypto in memory. */
export class Sender {
  readonly client: MatrixClient;
  readonly #roomId: string;

  private constructor(client: MatrixClient, roomId: string) {
    this.client = client;
    this.#roomId = roomId;
  }

  static async start(person: Person, roomId: string): Promise<Sender> {
    const client = createClient({
      baseUrl: person.homeserver.url,
      accessToken: person.accessToken,
      userId: person.userId,
      deviceId: person.deviceId,
      logger: sdkLog(silent),
    });
    await client.initRustCrypto({ useIndexedDB: false });
    const prepared = new Promise<void>((resolve) =>
      client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve()),
    );
    await client.startClient({ initialSyncLimit: 1 });
    await prepared;
    return new Sender(client, roomId);
  }

  /** Sends a message with a room key of its own and returns its event ID. */
  async say(body: string): Promise<string> {
    await this.client.getCrypto()?.forceDiscardSession(this.#roomId);
    const { event_id } = await this.client.sendMessage(this.#roomId, { msgtype: MsgType.Text, body });
    return event_id;
  }

  stop(): void {
    this.client.stopClient();
  }
}
