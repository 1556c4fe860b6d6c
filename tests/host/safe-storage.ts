import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { app } from "./app.ts";
import { isReady } from "./lifecycle.ts";
import { modelled } from "./modelled.ts";

/** The truth is that there is no keyring; `HOST_KEYRING=gnome_libsecret` claims one, for tests of such a desktop. */
const backend = (): "gnome_libsecret" | "basic_text" =>
  process.env["HOST_KEYRING"] === "gnome_libsecret" ? "gnome_libsecret" : "basic_text";

/** The stand-in's keyring is a file beside the user's data. */
function key(): Buffer {
  const file = join(app.getPath("userData"), "stand-in.key");
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(32), { mode: 0o600 });
  }
  return readFileSync(file);
}

const prefix = Buffer.from("v10");

function encryptString(text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key(), nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([prefix, nonce, cipher.getAuthTag(), sealed]);
}

function decryptString(encrypted: Buffer): string {
  try {
    if (!encrypted.subarray(0, 3).equals(prefix)) throw new Error("not ours");
    const decipher = createDecipheriv("aes-256-gcm", key(), encrypted.subarray(3, 15));
    decipher.setAuthTag(encrypted.subarray(15, 31));
    return Buffer.concat([decipher.update(encrypted.subarray(31)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new Error("Error while decrypting the ciphertext provided to safeStorage.decryptString.", {
      cause,
    });
  }
}

export const safeStorage = modelled("safeStorage", {
  isEncryptionAvailable: (): boolean => isReady(),
  isAsyncEncryptionAvailable: async (): Promise<boolean> => isReady(),
  getSelectedStorageBackend: backend,
  encryptString,
  decryptString,
  encryptStringAsync: async (text: string): Promise<Buffer> => encryptString(text),
  decryptStringAsync: async (encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> => ({
    result: decryptString(encrypted),
    shouldReEncrypt: false,
  }),
});
