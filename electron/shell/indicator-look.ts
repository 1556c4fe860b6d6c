import { t } from "../../shared/messages/messages.ts";
import type { IndicatorAsked, IndicatorState } from "../ports.ts";

export type IconState = "normal" | "ringing" | "missed";

export type MenuEntry =
  | {
      readonly id: string;
      readonly label: string;
      readonly asks: IndicatorAsked;
      readonly checked?: boolean;
      readonly enabled?: boolean;
    }
  | "separator";

export const iconState = ({ ringing, missed }: IndicatorState): IconState => {
  if (ringing) return "ringing";
  return missed > 0 ? "missed" : "normal";
};

/** Also what a screen reader says of the icon. */
export function tooltip({ ringing, missed }: IndicatorState): string {
  if (ringing) return t("tray.ringing", { name: ringing.name });
  return missed > 0 ? t("tray.missed", { count: missed }) : t("app.name");
}

/** Some desktops show nothing of a tray icon but its menu: all that it can do is in there. */
export function menuEntries({ signedIn, ringing, inCall, quiet }: IndicatorState): readonly MenuEntry[] {
  const entries: MenuEntry[] = [];
  if (ringing) {
    // Whoever is in another call chooses what becomes of it, which a menu is too small for.
    if (!ringing.second)
      entries.push({
        id: "accept",
        label: t("tray.accept", { name: ringing.name }),
        asks: { type: "accept", ring: ringing.id },
      });
    entries.push(
      { id: "decline", label: t("tray.decline"), asks: { type: "decline", ring: ringing.id } },
      "separator",
    );
  }
  entries.push({ id: "open", label: t("tray.open"), asks: { type: "open" } });
  if (inCall) entries.push({ id: "leave-call", label: t("tray.leave-call"), asks: { type: "leave-call" } });
  if (signedIn) entries.push(quietEntry(quiet));
  entries.push("separator", { id: "quit", label: t("tray.quit"), asks: { type: "quit" } });
  return entries;
}

/** Quiet hours are no wish of this moment: they say when they end, and only the settings change them. */
function quietEntry(quiet: IndicatorState["quiet"]): MenuEntry {
  const entry = { id: "quiet", asks: { type: "toggle-quiet" }, checked: quiet !== null } as const;
  if (quiet?.why !== "schedule") return { ...entry, label: t("tray.quiet") };
  return { ...entry, label: t("disturb.quiet-hours", { time: timeOfDay(quiet.to) }), enabled: false };
}

/** Minutes after midnight, as they are written here. */
const timeOfDay = (minutes: number): string =>
  new Date(minutes * 60_000).toLocaleTimeString(undefined, { timeStyle: "short", timeZone: "UTC" });

/**
 * Where the icon's picture lies, in the folder of icons. macOS draws it itself from its shape; Windows says whether its
 * taskbar is dark; Linux does not say that of its panels, so there it has colours that stand out on both.
 */
export function iconFile(state: IconState, platform: NodeJS.Platform, dark: boolean): string {
  if (platform === "darwin") return `${state}Template.png`;
  if (platform === "win32") return `${state}-on-${dark ? "dark" : "light"}.png`;
  return `${state}-colour.png`;
}

/** The picture over the app's icon in the taskbar of Windows, which has no badge with a number; null for none. */
export function overlayFile({ ringing, missed }: IndicatorState): string | null {
  if (ringing) return "overlay-ringing.png";
  if (missed <= 0) return null;
  return `overlay-missed-${missed > 9 ? "more" : missed}.png`;
}

/** GNOME answers a window that asks for attention with a note of its own, in place of ours. */
export const mayFlash = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  !desktopsOf(environment).some((name) => name === "gnome" || name === "unity");

/** The desktop's names in lower case, as `XDG_CURRENT_DESKTOP` has them; empty outside Linux. */
export const desktopsOf = (environment: Readonly<Record<string, string | undefined>>): readonly string[] =>
  (environment["XDG_CURRENT_DESKTOP"] ?? "").toLowerCase().split(":").filter(Boolean);
