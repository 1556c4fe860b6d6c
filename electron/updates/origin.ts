import type { UpdatesOff } from "../../shared/state/app-state.ts";

/** What tells how this copy of the app came here. */
export interface Facts {
  readonly packaged: boolean;
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  /** What `resources/package-type` says, which electron-builder puts into a deb or an rpm; null where it is not there. */
  readonly packageType: string | null;
  /** Whether `resources/app-update.yml` is there: it says where updates come from. */
  readonly source: boolean;
}

export type InstallerKind = "appimage" | "deb" | "rpm" | "nsis" | "mac";

/** Who brings this copy its updates: the app itself, by an installer of this kind, or somebody else. */
export function updatedBy({
  packaged,
  platform,
  env,
  packageType,
  source,
}: Facts): InstallerKind | UpdatesOff {
  if (!packaged) return "not-packaged";
  if (env["FLATPAK_ID"] || env["SNAP"] || env["WINDOWS_STORE"]) return "store";
  if (!source) return "system";
  switch (platform) {
    case "win32":
      return "nsis";
    case "darwin":
      return "mac";
    default:
      if (env["APPIMAGE"]) return "appimage";
      return packageType === "deb" || packageType === "rpm" ? packageType : "system";
  }
}
