import { desktopCapturer, session, type DesktopCapturerSource } from "electron";

import type { ScreenSource } from "../../shared/ipc/contract.ts";
import { AppError } from "../../shared/errors.ts";
import type { Screens } from "../ports.ts";
import { pageUrl } from "./origin.ts";

const THUMBNAIL = { width: 320, height: 200 };
/** Wayland's portal asks the user itself, and hands out the one that they picked. */
const ownPicker = process.platform === "linux" && process.env["XDG_SESSION_TYPE"] === "wayland";

/** Screens and windows to share. What is captured was chosen in our picker and exists now: a page cannot pick by itself. */
export function electronScreens(): Screens {
  let chosen: { readonly id: string; readonly audio: boolean } | null = null;

  session.defaultSession.setDisplayMediaRequestHandler((request, answer) => {
    const asked = chosen;
    chosen = null;
    const isCall = request.frame?.parent === null && request.frame.url.startsWith(pageUrl("call"));
    const withSound = asked?.audio && process.platform === "win32" ? { audio: "loopback" as const } : {};
    pick(isCall ? asked : null)
      .catch(() => undefined)
      .then((source) => answer(source ? { video: source, ...withSound } : null))
      // The page that asked is gone.
      .catch(() => {});
  });

  return {
    async list() {
      if (ownPicker) return [];
      const sources = await desktopCapturer.getSources({
        types: ["screen", "window"],
        thumbnailSize: THUMBNAIL,
      });
      return sources.map(toScreenSource);
    },
    choose(id, audio) {
      chosen = id === null ? null : { id, audio };
      if (ownPicker && id !== null) throw new AppError("denied", "the system picks here");
    },
  };
}

async function pick(asked: { readonly id: string } | null): Promise<DesktopCapturerSource | undefined> {
  if (!asked && !ownPicker) return undefined;
  const sources = await desktopCapturer.getSources({
    types: ["screen", "window"],
    thumbnailSize: { width: 0, height: 0 },
  });
  return ownPicker ? sources[0] : sources.find(({ id }) => id === asked?.id);
}

const toScreenSource = ({ id, name, thumbnail }: DesktopCapturerSource): ScreenSource => ({
  id,
  name,
  kind: id.startsWith("screen:") ? "screen" : "window",
  thumbnail: thumbnail.isEmpty() ? null : thumbnail.toDataURL(),
});
