import { ClientEvent, createClient, SyncState, type EventType, type MatrixClient } from "matrix-js-sdk";
import type { RoomMessageEventContent } from "matrix-js-sdk/lib/@types/events.js";
import {
  CryptoEvent,
  VerificationPhase,
  VerificationRequestEvent,
  VerifierEvent,
  type CryptoApi,
  type VerificationRequest,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { RustBackupManager } from "matrix-js-sdk/lib/rust-crypto/backup.js";

import { quietGlobalSdkLog, sdkLog } from "../../electron/matrix/sdk-log.ts";
import type { Person } from "./people.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
// So that servers are not asked by all at once, keys are backed up within 10 s by chance; tests would wait for it.
Object.assign(RustBackupManager, { maxBackupLoopStartDelayMillis: 0 });

/** Another client of somebody's: matrix-js-sdk as it is, with crypto in memory, that does as it is told. */
export class OtherDevice {
  readonly client: MatrixClient;
  readonly person: Person;
  /** Requests that came, oldest first. */
  readonly requests: VerificationRequest[] = [];
  #secretKey: Uint8Array<ArrayBuffer> | null = null;

  private constructor(person: Person, verificationMethods?: string[]) {
    this.person = person;
    this.client = createClient({
      baseUrl: person.homeserver.url,
      accessToken: person.accessToken,
      userId: person.userId,
      deviceId: person.deviceId,
      logger: sdkLog(silent),
      ...(verificationMethods && { verificationMethods }),
      cryptoCallbacks: {
        getSecretStorageKey: ({ keys }) => {
          const [id] = Object.keys(keys);
          return Promise.resolve(id !== undefined && this.#secretKey ? [id, this.#secretKey] : null);
        },
      },
    });
    this.client.matrixRTC.start = () => undefined;
  }

  /** `methods`: the ways of verification that it offers; all where none are named. */
  static async start(person: Person, methods?: string[]): Promise<OtherDevice> {
    quietGlobalSdkLog(silent);
    const device = new OtherDevice(person, methods);
    const { client } = device;
    await client.initRustCrypto({ useIndexedDB: false });
    client.on(CryptoEvent.VerificationRequestReceived, (request) => device.requests.push(request));
    const prepared = new Promise<void>((resolve) =>
      client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve()),
    );
    await client.startClient({ initialSyncLimit: 4 });
    await prepared;
    return device;
  }

  get crypto(): CryptoApi {
    const crypto = this.client.getCrypto();
    if (!crypto) throw new Error("no crypto");
    return crypto;
  }

  /** Makes the account's identity, with a backup; its recovery key where secret storage is wanted too, by passphrase where one is given. */
  async bootstrap({
    storage = true,
    passphrase,
  }: { storage?: boolean; passphrase?: string } = {}): Promise<string> {
    const { crypto } = this;
    await crypto.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: async (request) => void (await request(null)),
    });
    if (!storage) {
      await crypto.resetKeyBackup();
      return "";
    }
    const made = await crypto.createRecoveryKeyFromPassphrase(passphrase);
    this.#secretKey = Uint8Array.from(made.privateKey);
    await crypto.bootstrapSecretStorage({
      createSecretStorageKey: () => Promise.resolve(made),
      setupNewKeyBackup: true,
    });
    return made.encodedPrivateKey ?? "";
  }

  /** Sends an event, encrypted where the room is. */
  async send(room: string, type: string, content: object): Promise<void> {
    // The type of each is the SDK's to know.
    await this.client.sendEvent(room, type as EventType.RoomMessage, content as RoomMessageEventContent);
  }

  /** Whether it trusts a device as its owner's. */
  async trusts(user: string, device: string): Promise<boolean> {
    await this.crypto.getUserDeviceInfo([user], true);
    return (await this.crypto.getDeviceVerificationStatus(user, device))?.crossSigningVerified ?? false;
  }

  stop(): void {
    // What a sync that is under way tells finds no crypto any more.
    this.client.removeAllListeners(ClientEvent.Event);
    this.client.stopClient();
  }
}

/** Waits until the request is in one of the phases; a request that was cancelled meanwhile fails. */
export async function reaches(request: VerificationRequest, ...phases: VerificationPhase[]): Promise<void> {
  if (phases.includes(request.phase)) return;
  await new Promise<void>((resolve, reject) =>
    request.on(VerificationRequestEvent.Change, () => {
      if (phases.includes(request.phase)) resolve();
      else if (request.phase === VerificationPhase.Cancelled)
        reject(new Error(`cancelled: ${request.cancellationCode}`));
    }),
  );
}

/** Goes on by emoji, by whichever side it was begun, as far as the seven emoji; then `confirm` or `mismatch`. */
export async function emojiOf(request: VerificationRequest) {
  await reaches(request, VerificationPhase.Started);
  const { verifier } = request;
  if (!verifier) throw new Error("no verifier");
  const shown = new Promise<void>((resolve) => verifier.on(VerifierEvent.ShowSas, () => resolve()));
  verifier.verify().catch(() => undefined);
  if (!verifier.getShowSasCallbacks()) await shown;
  const sas = verifier.getShowSasCallbacks();
  if (!sas) throw new Error("no emoji");
  return {
    emoji: sas.sas.emoji?.map(([symbol]) => symbol) ?? [],
    confirm: () => sas.confirm(),
    mismatch: () => sas.mismatch(),
  };
}
