/** What the app was started for, beside its links: also what a second start asks of the one that runs. */
export type StartedFor = "open" | "hidden" | "new-call" | "quit";

/** By the switches of the login item and of the desktop's menu (electron-builder.yml), wherever Chromium puts them. */
export function startedFor(argv: readonly string[]): StartedFor {
  // What follows "--" comes from a link, which anybody may have written.
  const end = argv.indexOf("--");
  const switches = end < 0 ? argv : argv.slice(0, end);
  return (["quit", "hidden", "new-call"] as const).find((each) => switches.includes(`--${each}`)) ?? "open";
}
