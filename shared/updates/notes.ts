/** Longest text that is shown. */
const MAX = 8_000;

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/**
 * Release notes as plain text. Some hosts give them as HTML: what it says is kept, what it would do is not. The result is
 * text, and is shown as such: a `<` in it is a `<`.
 */
export function notesText(notes: string): string {
  const html = /<(p|ul|ol|h[1-6]|div|br)\b/i.test(notes);
  const text = html ? fromHtml(notes) : notes;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[ \t]+\n/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim()
    .slice(0, MAX);
}

const fromHtml = (html: string): string =>
  html
    .replaceAll(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?<li\b[^>]*> ?/gi, "\n• ")
    .replaceAll(/ ?<(br|\/?(p|ul|ol|div|h[1-6]|blockquote|pre))\b[^>]*> ?/gi, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(
      /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi,
      (all, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return entities[name.toLowerCase()] ?? all;
        const code = decimal === undefined ? parseInt(hex ?? "", 16) : parseInt(decimal, 10);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
      },
    );
