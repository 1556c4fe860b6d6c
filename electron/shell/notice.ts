import { createHash } from "node:crypto";

import type { NotificationConstructorOptions } from "electron";

import { shownName } from "../../shared/matrix/names.ts";
import { t } from "../../shared/messages/messages.ts";
import type { AskedNotice, MissedNotice, RingNotice } from "../ports.ts";
import { callToast } from "./toast.ts";

export type RingButton = "accept-video" | "accept-audio" | "decline";

/** Groups what was said of missed calls, so that it can be taken away after a restart. */
export const MISSED = "missed";

/** In the order in which they are shown. */
export function ringButtons({ intent, second }: RingNotice): readonly RingButton[] {
  if (second) return ["decline"];
  return intent === "video" ? ["accept-video", "accept-audio", "decline"] : ["accept-audio", "decline"];
}

const label = (button: RingButton, { intent }: RingNotice): string => {
  if (button === "decline") return t("notification.decline");
  return button === "accept-audio" && intent === "video"
    ? t("notification.accept-audio")
    : t("notification.accept");
};

/** What the system is to show of a ring. Its sound is ours, so that it stops when the ring does. */
export function ringOptions(notice: RingNotice, platform: NodeJS.Platform): NotificationConstructorOptions {
  const tag = tagOf(notice.id);
  const [title, body] = [shownName(notice.title), shownName(notice.body)];
  const buttons = ringButtons(notice).map((button) => ({ button, text: label(button, notice) }));
  return {
    id: tag,
    title,
    body: platform === "linux" ? unmarked(body) : body,
    silent: true,
    timeoutType: "never",
    urgency: "critical",
    actions: buttons.map(({ text }) => ({ type: "button", text })),
    closeButtonText: t("notification.hide"),
    ...(platform === "win32"
      ? {
          toastXml: callToast({
            tag,
            title,
            body,
            buttons: buttons.map(({ button, text }) => ({ text, accepts: button !== "decline" })),
          }),
        }
      : {}),
  };
}

/** Silent: whoever wanted quiet had it while it rang. */
export function missedOptions(
  notice: MissedNotice,
  platform: NodeJS.Platform,
): NotificationConstructorOptions {
  const body = shownName(notice.body);
  return {
    id: tagOf(notice.id),
    groupId: MISSED,
    title: shownName(notice.title),
    body: platform === "linux" ? unmarked(body) : body,
    silent: true,
    urgency: "normal",
    actions: [{ type: "button", text: t("notification.call-back") }],
  };
}

/** Silent, and there until it is answered or over. */
export function askedOptions(
  { id, title, body }: AskedNotice,
  platform: NodeJS.Platform,
): NotificationConstructorOptions {
  return {
    id: tagOf(id),
    title: shownName(title),
    body: platform === "linux" ? unmarked(body) : body,
    silent: true,
    timeoutType: "never",
    urgency: "normal",
  };
}

/** A name for the system: short, since Windows takes 64 characters, and the same for the same event after a restart. */
export const tagOf = (id: string): string => createHash("sha256").update(id).digest("base64url").slice(0, 32);

/** Linux's services may read a body as markup, with links and pictures in it. */
const unmarked = (text: string): string => text.replaceAll("<", "‹").replaceAll(">", "›");
