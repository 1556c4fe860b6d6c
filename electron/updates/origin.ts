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
  /** Whether NSIS's uninstaller lies beside the app: an MSI brings none, and is a company's to replace. */
  readonly uninstaller: boolean;
}

export type InstallerKind = "appimage" | "deb" | "rpm" | "nsis" | "mac";

/** Who brings this copy its updates: the app itself, by an installer of this kind, or somebody else. */
export function updatedBy(facts: Facts): InstallerKind | UpdatesOff {
  const { packaged, platform, env, packageType, source, uninstaller } = facts;
  if (!packaged) return "not-packaged";
  if (env["FLATPAK_ID"] || env["SNAP"] || env["WINDOWS_STORE"]) return "store";
  const kind = kindOf();
  return kind !== "system" && !source ? "no-source" : kind;

  function kindOf(): InstallerKind | "system" {
    if (platform === "win32") return uninstaller ? "nsis" : "system";
    if (platform === "darwin") return "mac";
    if (env["APPIMAGE"]) return "appimage";
    return packageType === "deb" || packageType === "rpm" ? packageType : "system";
  }
}
