import { askCommand, type AskCommand } from "./ask-command.ts";
import { desktopsOf } from "./indicator-look.ts";

const LIMIT_MS = 1_000;
const WATCHER = "org.kde.StatusNotifierWatcher";

/** The same question by whichever tool is there; none of them is everywhere. */
const questions: readonly (readonly [string, ...string[]])[] = [
  [
    "gdbus",
    ..."call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus".split(" "),
    ...`--method org.freedesktop.DBus.NameHasOwner ${WATCHER}`.split(" "),
  ],
  [
    "busctl",
    ..."--user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus".split(" "),
    ...`NameHasOwner s ${WATCHER}`.split(" "),
  ],
  [
    "dbus-send",
    ..."--session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus".split(" "),
    ...`org.freedesktop.DBus.NameHasOwner string:${WATCHER}`.split(" "),
  ],
];

/** Those that show a tray of themselves; others, GNOME first, do so with an extension at most. */
const WITH_TRAY = new Set(["kde", "xfce", "x-cinnamon", "cinnamon", "mate", "lxqt", "lxde", "deepin"]);

/** Whether an icon in the tray can be seen, so that an app without windows can be found again. Takes a second at most. */
export async function trayAvailable(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  ask: AskCommand = askCommand,
): Promise<boolean> {
  if (platform !== "linux") return true;
  const answers = await Promise.all(questions.map((question) => ask(question, LIMIT_MS)));
  const told = answers.map(yesOrNo).find((answer) => answer !== null);
  return told ?? desktopsOf(environment).some((name) => WITH_TRAY.has(name));
}

/** `(true,)`, `b true` or `boolean true`. */
const yesOrNo = (printed: string | null): boolean | null => {
  const word = /\b(true|false)\b/.exec(printed ?? "")?.[1];
  return word === undefined ? null : word === "true";
};
