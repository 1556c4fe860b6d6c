import { installByApt, mayInstallByApt } from "./apt.mjs";
import { findDbusDaemon } from "./places.mjs";
import { print, step } from "./progress.mjs";

/** The message bus on which the tests of notifications speak; only Linux has it. All else works without. */
export async function installDbus() {
  if (process.platform !== "linux" || findDbusDaemon()) return;
  if (mayInstallByApt()) await step("D-Bus by apt", (report) => installByApt(["dbus-daemon"], report));
  if (findDbusDaemon()) return;
  print(
    "there is no dbus-daemon, so the tests of notifications will fail. Install it, for instance by\n" +
      "  sudo apt-get install dbus-daemon      (Debian, Ubuntu)\n" +
      "  sudo dnf install dbus-daemon          (Fedora)",
  );
}
