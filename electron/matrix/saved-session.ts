import * as v from "valibot";

import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import type { Secrets } from "../ports.ts";
import type { Database } from "../state/database.ts";
import type { Credentials } from "./login.ts";

/** What a restart needs to go on: the login and the key that the crypto store is sealed with (32 bytes, base64). */
export interface SavedSession extends Credentials {
  readonly storageKey: string;
}

const NAME = "session";
const schema = v.strictObject({
  homeserver: v.string(),
  user: v.custom<UserId>(isUserId),
  device: v.string(),
  accessToken: v.string(),
  oauth: v.optional(
    v.nullable(
      v.strictObject({
        clientId: v.string(),
        issuer: v.string(),
        tokenEndpoint: v.string(),
        revocationEndpoint: v.string(),
        refreshToken: v.nullable(v.string()),
        renewAt: v.nullable(v.number()),
        expiresAt: v.nullable(v.number()),
      }),
    ),
    null,
  ),
  storageKey: v.string(),
});

/** The session at rest, sealed by the desktop's keyring. */
export class SessionFile {
  readonly #database: Database;
  readonly #secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.#database = database;
    this.#secrets = secrets;
  }

  /** Undefined where there is none, or it cannot be opened (another keyring): then a new login is needed. */
  async read(): Promise<SavedSession | undefined> {
    const sealed = this.#database.bytes(NAME);
    if (!sealed) return undefined;
    try {
      return v.parse(schema, JSON.parse(await this.#secrets.open(sealed)));
    } catch {
      return undefined;
    }
  }

  async write(session: SavedSession): Promise<void> {
    this.#database.setBytes(NAME, await this.#secrets.seal(JSON.stringify(session)));
  }

  forget(): void {
    this.#database.delete(NAME);
  }
}
