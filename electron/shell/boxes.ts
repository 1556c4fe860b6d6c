import { dialog } from "electron";

import { codeOf } from "../../shared/errors.ts";
import { errorText, t } from "../../shared/messages/messages.ts";

// The system's own boxes, for what has to be said whether or not there is a window.

/** Returns once it was read. */
export const tellCannotStart = (error: unknown): void =>
  dialog.showErrorBox(t("start.failed"), errorText(codeOf(error)));

export const tellSetAside = (file: string): Promise<unknown> =>
  dialog.showMessageBox({
    type: "warning",
    message: t("start.damaged"),
    detail: t("start.set-aside", { file }),
  });
