import type { WindowRole } from "../../shared/window-role.ts";

export const SCHEME = "app";
const PACKAGED = `${SCHEME}://carillon`;

/** Where windows come from: our own scheme, or the dev server while developing. */
export const origin: string = process.env["ELECTRON_RENDERER_URL"]
  ? new URL(process.env["ELECTRON_RENDERER_URL"]).origin
  : PACKAGED;

export const pageUrl = (role: WindowRole): string => `${origin}/${role}/index.html`;
