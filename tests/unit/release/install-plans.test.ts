import { join } from "node:path";

import { expect, test } from "vitest";

import { planFor, type Place } from "../../../build/release/install-plans.ts";

const place = (platform: NodeJS.Platform, arch = "x64"): Place => ({
  platform,
  arch,
  folder: join("/new", "folder"),
  home: "/home/alice",
  root: false,
});

test.each([
  ["linux", "carillon-1.2.3-linux-amd64.deb", "sudo apt-get install --yes", "/usr/bin/carillon"],
  ["linux", "carillon-1.2.3-linux-x86_64.rpm", "sudo rpm --install", "/usr/bin/carillon"],
  ["linux", "carillon-1.2.3-linux-x86_64.AppImage", "cp", "/new/folder/carillon-1.2.3-linux-x86_64.AppImage"],
  [
    "linux",
    "carillon-1.2.3-linux-x86_64.flatpak",
    "flatpak install --user",
    "flatpak run im.carillon.Carillon",
  ],
  ["win32", "carillon-1.2.3-win-x64.exe", "/out/carillon-1.2.3-win-x64.exe /S", "/new/folder/Carillon.exe"],
  ["win32", "carillon-1.2.3-win-x64.msi", "msiexec /i", "/new/folder/Carillon.exe"],
  [
    "darwin",
    "carillon-1.2.3-mac-universal.dmg",
    "hdiutil attach",
    "/new/folder/Carillon.app/Contents/MacOS/Carillon",
  ],
  [
    "darwin",
    "carillon-1.2.3-mac-universal.zip",
    "ditto -x -k",
    "/new/folder/Carillon.app/Contents/MacOS/Carillon",
  ],
] as const)(
  "on %s %s is installed, started and removed in its own way",
  (platform, name, installs, starts) => {
    const plan = planFor(`/out/${name}`, place(platform));
    const line = plan?.install[0]?.join(" ");
    expect(line).toMatch(new RegExp(`^${installs}`));
    expect(plan?.install.flat().some((word) => word.endsWith(name))).toBe(true);
    expect(plan?.start.join(" ")).toBe(starts);
    expect(plan?.remove.length).toBeGreaterThan(0);
  },
);

test.each([
  ["linux", "x64", "carillon-1.2.3-linux-arm64.deb"],
  ["linux", "x64", "carillon-1.2.3-linux-aarch64.rpm"],
  ["linux", "arm64", "carillon-1.2.3-linux-x86_64.AppImage"],
  ["win32", "arm64", "carillon-1.2.3-win-x64.exe"],
  ["darwin", "arm64", "carillon-1.2.3-linux-arm64.deb"],
  ["linux", "x64", "SHA256SUMS"],
  ["linux", "x64", "latest-linux.yml"],
  ["win32", "x64", "carillon-1.2.3-win-x64.exe.blockmap"],
] as const)("on %s %s %s is not tried", (platform, arch, name) => {
  expect(planFor(`/out/${name}`, place(platform, arch))).toBeNull();
});

test("root needs no sudo", () => {
  const plan = planFor("/out/carillon.deb", { ...place("linux"), root: true });
  expect(plan?.install[0]?.[0]).toBe("apt-get");
});
