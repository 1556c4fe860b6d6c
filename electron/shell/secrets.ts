import { safeStorage } from "electron";

import type { Secrets } from "../ports.ts";

/** The desktop's keyring. */
export const electronSecrets: Secrets = {
  async weak() {
    if (!(await safeStorage.isAsyncEncryptionAvailable())) return true;
    return process.platform === "linux" && safeStorage.getSelectedStorageBackend() === "basic_text";
  },
  seal: (text) => safeStorage.encryptStringAsync(text),
  open: async (sealed) => (await safeStorage.decryptStringAsync(Buffer.from(sealed))).result,
};
