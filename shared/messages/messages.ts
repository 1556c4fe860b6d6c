import type { ErrorCode } from "../errors.ts";
import { en } from "./en.ts";

/**
 * Words for people. Choice: a typed table and this page. Why: the catalogue compilers on npm bring up to half a gigabyte or a
 * parser into each window. Cost: only `{name}` and `{count|one|other}` are understood.
 */
export type MessageKey = keyof typeof en;

type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}`
  ? (N extends `${infer P}|${string}` ? P : N) | Names<Rest>
  : never;
type Params<K extends MessageKey> = { readonly [N in Names<(typeof en)[K]>]: string | number };

/** The message for a key; parameters are those that its text names. */
export function t<K extends MessageKey>(
  key: K,
  ...[params]: Names<(typeof en)[K]> extends never ? [] : [Params<K>]
): string {
  const values: Readonly<Record<string, string | number>> = params ?? {};
  return en[key].replaceAll(
    /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
    (_all, name: string, one?: string, other?: string) => {
      const value = values[name] ?? "";
      if (one === undefined || other === undefined) return String(value);
      return (plural.select(Number(value)) === "one" ? one : other).replaceAll("#", String(value));
    },
  );
}

export const errorText = (code: ErrorCode): string => t(`error.${code}`);

const plural = new Intl.PluralRules("en");
