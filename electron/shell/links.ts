import { app } from "electron";

import { isLink, linkIn, linkOf, schemes } from "./link-in.ts";

/** For `requestSingleInstanceLock`: what this instance was opened for, should another one run already. */
export const forFirstInstance = (): { readonly link: string | null } => ({ link: linkIn(process.argv) });

/**
 * Links that the system opens the app with, unread: see `parseLink`. Must be called before the app is ready, since macOS
 * tells the first one before that; they wait until somebody listens, with the function that is returned.
 */
export function receiveLinks(): (listener: (url: string) => void) => void {
  let waiting: string[] = [];
  let tell = (url: string): void => void waiting.push(url);
  const receive = (url: string | null) => {
    if (url !== null && isLink(url)) tell(url);
  };
  app.on("open-url", (event, url) => {
    event.preventDefault();
    receive(url);
  });
  app.on("second-instance", (_event, argv, _folder, data) => receive(linkOf(data, argv)));
  receive(linkIn(process.argv));
  return (listener) => {
    tell = listener;
    const earlier = waiting;
    waiting = [];
    for (const url of earlier) listener(url);
  };
}

/** Makes the app known for its links, once it is ready. Those of Matrix stay with the user's chat app where one has them. */
export function claimLinks(): void {
  for (const scheme of schemes)
    if (scheme === "carillon" || app.getApplicationNameForProtocol(`${scheme}://`) === "")
      // A link that begins with a dash must not become a switch.
      app.setAsDefaultProtocolClient(scheme, process.execPath, [
        ...(app.isPackaged ? [] : [app.getAppPath()]),
        "--",
      ]);
}
