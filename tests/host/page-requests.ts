import { browser } from "./chromium.ts";
import { beginCapture, endCapture } from "./screen-capture.ts";
import { checkPermission, decidePermission } from "./session.ts";
import { pageOf, type WebContents } from "./web-contents.ts";

/** Details as `page/main-world.js` sends them. */
interface PermissionRequest {
  readonly permission: string;
  readonly mediaTypes: readonly ("audio" | "video")[];
}

const chromiumName = { audio: "microphone", video: "camera" } as const;

/** Answers what a page's main world asks before it uses a facility that the app guards. */
export async function answerPage(contents: WebContents, what: string, details: unknown): Promise<unknown> {
  switch (what) {
    case "request": {
      const { permission, mediaTypes } = details as PermissionRequest;
      const granted = await decidePermission(contents, permission, mediaTypes);
      const names = permission === "notifications" ? [permission] : mediaTypes.map((t) => chromiumName[t]);
      for (const name of names) await setPermission(contents, name, granted);
      return granted;
    }
    case "check":
      for (const type of ["audio", "video"] as const) {
        await setPermission(contents, chromiumName[type], checkPermission(contents, "media", type));
      }
      return true;
    case "display":
      return beginCapture(contents, details as { video: boolean; audio: boolean });
    case "display-done":
      return endCapture();
    default:
      throw new Error(`a page asked for ${what}, which nobody answers`);
  }
}

/** Chromium then grants or refuses by itself; a state that stays undecided would show its own prompt. */
async function setPermission(contents: WebContents, name: string, granted: boolean): Promise<void> {
  await browser().send("Browser.setPermission", {
    permission: { name },
    setting: granted ? "granted" : "denied",
    origin: new URL(pageOf(contents).url).origin,
  });
}
