import { linkApps } from "./app.ts";
import { mediaAccess, network, shortcuts } from "./desktop.ts";
import { dialogAnswers } from "./dialog.ts";
import { notificationCentre, notificationUser, shownNotifications } from "./notification.ts";
import { machine, powerBlockers } from "./power.ts";
import { asked } from "./records.ts";
import { trays } from "./tray.ts";

/**
 * What a test reads of the desktop and does to it, as `globalThis.__host` of the main process. Events of Electron's own
 * objects are fired on them: `powerMonitor.emit("suspend")`.
 */
export const host = {
  asked,
  dialogAnswers,
  linkApps,
  machine,
  mediaAccess,
  network,
  notificationCentre,
  notifications: shownNotifications,
  notificationUser,
  powerBlockers,
  shortcuts,
  trays,
};
