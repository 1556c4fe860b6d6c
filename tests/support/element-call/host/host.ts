import { ClientEvent, createClient, SyncState, type MatrixClient } from "matrix-js-sdk";

import type { OnToDevice } from "./driver.ts";
import { showRings } from "./rings.ts";
import { openWidget, type HostedWidget, type WidgetOptions } from "./widget.ts";

export interface Account {
  readonly homeserver: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** A media key as Element Call or its peers sent it. */
export interface SeenKey {
  readonly user: string;
  readonly device: string;
  /** The member's id in the call. */
  readonly member: string;
  readonly index: number;
  /** Base64. */
  readonly key: string;
}

/** What a test does with the page; see `../element-call.ts`. */
export interface Host {
  /** Signs in. Resolves when the first sync is done. Rings are answered in this mode. */
  start(account: Account, mode: string): Promise<void>;
  /** Whether the account knows the room, and whether it is encrypted. */
  knows(roomId: string): boolean;
  open(options: Omit<WidgetOptions, "encrypted">): void;
  /** Whether Element Call is open. */
  readonly shown: boolean;
  /** The media keys that this device had or made, in the order in which they came. */
  readonly keys: readonly SeenKey[];
}

declare global {
  /** In the page. */
  var host: Host;
}

let client: MatrixClient | null = null;
let widget: HostedWidget | null = null;
const keys: SeenKey[] = [];

function open(options: Omit<WidgetOptions, "encrypted">): void {
  if (!client) throw new Error("nobody is signed in");
  widget?.stop();
  const encrypted = client.getRoom(options.roomId)?.hasEncryptionStateEvent() ?? false;
  widget = openWidget(client, { ...options, encrypted }, keep, () => {
    widget = null;
  });
}

/** Throwaway keys, kept so that a test can try what they still decrypt. */
const keep: OnToDevice = (type, user, contents) => {
  if (type !== "io.element.call.encryption_keys") return;
  for (const content of contents) {
    // As Element Call and we both send it; what is not is a fault that the test should see.
    const { keys: key, member } = content as {
      keys: { index: number; key: string };
      member: { id: string; claimed_device_id: string };
    };
    keys.push({ user, device: member.claimed_device_id, member: member.id, index: key.index, key: key.key });
  }
};

globalThis.host = {
  async start({ homeserver, userId, deviceId, accessToken }, mode) {
    client = createClient({ baseUrl: homeserver, userId, deviceId, accessToken });
    // The store stays in the browser's profile, so that a killed browser comes back as the same device.
    await client.initRustCrypto({ cryptoDatabasePrefix: deviceId });
    showRings(client, (roomId) => open({ mode, roomId, intent: "join_existing_dm" }));
    const synced = new Promise<void>((resolve) => {
      client?.on(ClientEvent.Sync, (state) => {
        if (state === SyncState.Prepared) resolve();
      });
    });
    await client.startClient({ initialSyncLimit: 20 });
    await synced;
  },
  knows: (roomId) => client?.getRoom(roomId)?.getMyMembership() === "join",
  open,
  get shown() {
    return widget !== null;
  },
  keys,
};
