import { app, session, systemPreferences, type WebContents } from "electron";

import type { WindowRole } from "../../shared/window-role.ts";
import { origin } from "./origin.ts";

const ALLOWED: { readonly [R in WindowRole]: ReadonlySet<string> } = {
  // What it copies: links to rooms and the recovery key.
  home: new Set(["media", "speaker-selection", "clipboard-sanitized-write"]),
  // An SFU may stand in one's own network, or on this machine.
  call: new Set(
    "media speaker-selection display-capture fullscreen local-network-access local-network loopback-network".split(
      " ",
    ),
  ),
  ring: new Set(["speaker-selection"]),
};

/** What a page may be told that it has without being able to ask for it: the ring window finds its speaker by name. */
const KNOWN: { readonly [R in WindowRole]?: ReadonlySet<string> } = { ring: new Set(["media"]) };

/** Electron allows everything by default: here all is refused but what a window of ours needs. */
export function guard(roleOf: (contents: WebContents | null) => WindowRole | undefined): void {
  const allowed = (contents: WebContents | null, permission: string, asking: string) => {
    const role = roleOf(contents);
    return role !== undefined && asking === origin && ALLOWED[role].has(permission);
  };
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer, details) => {
    const mayAsk = allowed(contents, permission, originOf(details.requestingUrl));
    const kinds = "mediaTypes" in details ? (details.mediaTypes ?? []) : [];
    if (mayAsk && process.platform === "darwin") void askMac(kinds).then(answer, () => answer(false));
    else answer(mayAsk);
  });
  session.defaultSession.setPermissionCheckHandler((contents, permission, asking) => {
    const role = roleOf(contents);
    const known = role !== undefined && originOf(asking) === origin && KNOWN[role]?.has(permission);
    return known || allowed(contents, permission, originOf(asking));
  });

  app.on("web-contents-created", (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
    contents.on("will-navigate", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
  });
}

/** macOS asks the user once for each kind, and only when told to. */
async function askMac(kinds: readonly ("audio" | "video")[]): Promise<boolean> {
  for (const kind of kinds)
    if (!(await systemPreferences.askForMediaAccess(kind === "audio" ? "microphone" : "camera")))
      return false;
  return true;
}

/** `app://carillon/` and its like have an opaque origin for Node's URL. */
function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/.exec(url)?.[0] ?? "null";
}
