import { Modelled, modelled } from "./modelled.ts";
import type { DesktopCapturerSource } from "./screen-capture.ts";
import { appFetch, originOf, protocol } from "./protocol.ts";
import type { WebContents } from "./web-contents.ts";
import type { WebFrameMain } from "./web-frame.ts";

// Names of permissions are an open set to the stand-in: it passes on what the page wants.
interface RequestDetails {
  requestingUrl: string;
  isMainFrame: boolean;
  securityOrigin: string;
  mediaTypes: ("audio" | "video")[];
}

interface CheckDetails {
  requestingUrl: string;
  isMainFrame: boolean;
  securityOrigin: string;
  mediaType: "audio" | "video" | "unknown";
}

type RequestHandler = (
  contents: WebContents,
  permission: string,
  callback: (granted: boolean) => void,
  details: RequestDetails,
) => void;

type CheckHandler = (
  contents: WebContents | null,
  permission: string,
  origin: string,
  details: CheckDetails,
) => boolean;

export interface DisplayMediaRequest {
  frame: WebFrameMain | null;
  securityOrigin: string;
  videoRequested: boolean;
  audioRequested: boolean;
  userGesture: boolean;
}

export interface Streams {
  video?: Pick<DesktopCapturerSource, "id" | "name">;
  audio?: "loopback" | "loopbackWithMute";
}

type DisplayHandler = (request: DisplayMediaRequest, callback: (streams: Streams | null) => void) => void;

let requestHandler: RequestHandler | null = null;
let checkHandler: CheckHandler | null = null;
let displayHandler: DisplayHandler | null = null;

export class Session extends Modelled<Record<never, never>> {
  readonly protocol = protocol;

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    requestHandler = handler;
  }
  setPermissionCheckHandler(handler: CheckHandler | null): void {
    checkHandler = handler;
  }
  setDisplayMediaRequestHandler(
    handler: DisplayHandler | null,
    options: { useSystemPicker?: boolean } = {},
  ): void {
    // Only macOS has one, and it is not drawn here.
    void options.useSystemPicker;
    displayHandler = handler;
  }
  fetch(input: string | Request, init?: RequestInit): Promise<Response> {
    return appFetch(input, init);
  }
}

/** Without a handler Electron grants everything. */
export async function decidePermission(
  contents: WebContents,
  permission: string,
  mediaTypes: readonly ("audio" | "video")[],
): Promise<boolean> {
  const handler = requestHandler;
  if (handler === null) return true;
  const requestingUrl = contents.getURL();
  const securityOrigin = `${originOf(requestingUrl)}/`;
  return new Promise((resolve) => {
    handler(contents, permission, resolve, {
      requestingUrl,
      isMainFrame: true,
      securityOrigin,
      mediaTypes: [...mediaTypes],
    });
  });
}

export function checkPermission(
  contents: WebContents,
  permission: string,
  mediaType: "audio" | "video",
): boolean {
  const requestingUrl = contents.getURL();
  const origin = `${originOf(requestingUrl)}/`;
  const details = { requestingUrl, isMainFrame: true, securityOrigin: origin, mediaType };
  return checkHandler?.(contents, permission, origin, details) ?? true;
}

/** Null where the app refuses, or has no handler: Electron then refuses too. */
export async function chooseDisplay(
  contents: WebContents,
  wanted: { video: boolean; audio: boolean },
): Promise<Streams | null> {
  const handler = displayHandler;
  if (handler === null) return null;
  return new Promise((resolve) => {
    handler(
      {
        frame: contents.mainFrame,
        securityOrigin: `${originOf(contents.getURL())}/`,
        videoRequested: wanted.video,
        audioRequested: wanted.audio,
        userGesture: true,
      },
      resolve,
    );
  });
}

export const session = modelled("session", { defaultSession: new Session() });
