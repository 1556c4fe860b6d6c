import * as v from "valibot";

export const schemes = ["carillon", "matrix"] as const;

/** The link among the arguments that the system starts the app with; null where there is none. */
export const linkIn = (argv: readonly string[]): string | null =>
  // The program itself may lie in a folder of any name.
  argv.slice(1).find(isLink) ?? null;

export const isLink = (text: string): boolean =>
  schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}:`));

const handedOver = v.object({ link: v.pipe(v.string(), v.check(isLink)) });

/** What a second instance was started for: it says so itself, since Chromium may reorder the arguments. */
export function linkOf(data: unknown, argv: readonly string[]): string | null {
  const said = v.safeParse(handedOver, data);
  return said.success ? said.output.link : linkIn(argv);
}
