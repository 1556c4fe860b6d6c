/** What a toast of Windows says of a call; `tag` is made of letters that neither XML nor a query string knows. */
export interface CallToast {
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  readonly buttons: readonly { readonly text: string; readonly accepts: boolean }[];
}

/**
 * Stays open and in front, as Windows shows calls: Electron itself writes no `incomingCall`. Only arguments with `type` and
 * `tag` in them reach a notification's own events.
 */
export function callToast({ tag, title, body, buttons }: CallToast): string {
  const actions = buttons.map(
    ({ text, accepts }, index) =>
      `<action activationType="foreground" arguments="type=action&amp;action=${index}&amp;tag=${tag}" ` +
      `content="${xml(text)}" hint-buttonStyle="${accepts ? "Success" : "Critical"}"/>`,
  );
  return (
    `<toast scenario="incomingCall" useButtonStyle="true" launch="type=click&amp;tag=${tag}">` +
    `<visual><binding template="ToastGeneric"><text>${xml(title)}</text><text>${xml(body)}</text></binding></visual>` +
    `<audio silent="true"/><actions>${actions.join("")}</actions></toast>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text for an element or an attribute; what XML 1.0 cannot hold at all is left out. */
const xml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "")
    // As it is, an attribute would turn it into a space.
    .replaceAll(/[\t\n\r]/g, (letter) => `&#${letter.charCodeAt(0)};`);
