import { expect, test } from "vitest";

import { updatedBy, type Facts } from "../../../electron/updates/origin.ts";

const facts: Facts = {
  packaged: true,
  platform: "linux",
  env: {},
  packageType: null,
  source: true,
  uninstaller: true,
};

test.each<[string, Partial<Facts>, string]>([
  ["a checkout", { packaged: false, env: { APPIMAGE: "/a" } }, "not-packaged"],
  ["Flatpak", { env: { FLATPAK_ID: "im.carillon.Carillon" } }, "store"],
  ["a deb inside Flatpak's sandbox", { env: { FLATPAK_ID: "x" }, packageType: "deb" }, "store"],
  ["Snap", { env: { SNAP: "/snap/carillon/1" } }, "store"],
  ["an AppImage", { env: { APPIMAGE: "/home/a/Carillon.AppImage" } }, "appimage"],
  ["our deb", { packageType: "deb" }, "deb"],
  ["our rpm", { packageType: "rpm" }, "rpm"],
  ["a distribution's package", {}, "system"],
  ["a package of a kind that we do not make", { packageType: "pacman" }, "system"],
  ["a package built without a place for updates", { packageType: "deb", source: false }, "no-source"],
  ["an AppImage built without one", { env: { APPIMAGE: "/a" }, source: false }, "no-source"],
  ["Windows", { platform: "win32" }, "nsis"],
  ["Windows, by an MSI", { platform: "win32", uninstaller: false }, "system"],
  ["macOS", { platform: "darwin" }, "mac"],
])("%s", (_name, given, by) => expect(updatedBy({ ...facts, ...given })).toBe(by));
