import { isValiError } from "valibot";

import type { UpdateFailure } from "../../shared/updates/updates.ts";

const UNREACHABLE =
  /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|ENET|EHOST|HTTP_ERROR_|ERR_UPDATER_(CHANNEL_FILE|LATEST_VERSION)_NOT_FOUND)/;
const DAMAGED = /^ERR_(CHECKSUM|UPDATER_(INVALID|NO_|ASSET|ZIP_FILE|WEB_INSTALLER))/;

/** What is told of an error of electron-updater, of the network, of the disk or of the metadata. */
export function failureOf(error: unknown): UpdateFailure {
  if (isValiError(error)) return "damaged";
  if (!(error instanceof Error)) return "failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ENOSPC" || code === "EDQUOT") return "disk-full";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "not-permitted";
  if (DAMAGED.test(code)) return "damaged";
  // Chromium's network says it in words alone.
  if (
    UNREACHABLE.test(code) ||
    /net::ERR_|aborted by the server|timed out|^Cannot download .* status \d/i.test(error.message)
  )
    return "unreachable";
  return "failed";
}
