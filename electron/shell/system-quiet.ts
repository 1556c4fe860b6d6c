import type { SystemQuiet } from "../ports.ts";
import { askCommand, type AskCommand } from "./ask-command.ts";
import { desktopsOf } from "./indicator-look.ts";

const LIMIT_MS = 500;
const FRESH_MS = 5_000;

interface Question {
  readonly command: readonly [string, ...string[]];
  /** What is printed while do-not-disturb holds. */
  readonly quiet: RegExp;
}

const GNOME: Question = {
  command: ["gsettings", "get", "org.gnome.desktop.notifications", "show-banners"],
  quiet: /^false\s*$/,
};
const byDesktop: Readonly<Record<string, Question>> = {
  gnome: GNOME,
  unity: GNOME,
  budgie: GNOME,
  "x-cinnamon": {
    command: ["gsettings", "get", "org.cinnamon.desktop.notifications", "display-notifications"],
    quiet: /^false\s*$/,
  },
  xfce: {
    command: ["xfconf-query", "-c", "xfce4-notifyd", "-p", "/do-not-disturb"],
    quiet: /^true\s*$/,
  },
};
/** KDE, and whoever else has the property. */
const inhibited: Question = {
  command: [
    "gdbus",
    ..."call --session --dest org.freedesktop.Notifications --object-path /org/freedesktop/Notifications".split(
      " ",
    ),
    ..."--method org.freedesktop.DBus.Properties.Get org.freedesktop.Notifications Inhibited".split(" "),
  ],
  quiet: /^\(<true>,\)\s*$/,
};

const questionFor = (environment: Readonly<Record<string, string | undefined>>): Question =>
  desktopsOf(environment)
    .map((name) => byDesktop[name])
    .find((question) => question !== undefined) ?? inhibited;

/**
 * The desktop's do-not-disturb on Linux. Windows and macOS tell theirs to native code alone, which the app does without:
 * there `readable` is false and nothing is ever quiet. An answer takes 500 ms at most and holds for 5 s.
 */
export function systemQuiet(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  ask: AskCommand = askCommand,
  now: () => number = () => performance.now(),
): SystemQuiet & { readonly readable: boolean } {
  const readable = platform === "linux";
  const { command, quiet } = questionFor(environment);
  let last: { readonly at: number; readonly answer: Promise<boolean> } | null = null;
  return {
    readable,
    active() {
      if (!readable) return Promise.resolve(false);
      if (!last || now() - last.at >= FRESH_MS)
        last = { at: now(), answer: ask(command, LIMIT_MS).then((printed) => quiet.test(printed ?? "")) };
      return last.answer;
    },
  };
}
