export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Strict: throws for what is not well-formed. Knows elements, attributes, text and entities. */
export function readXml(xml: string): Element {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray => {
    const sticky = new RegExp(pattern.source, "uy");
    sticky.lastIndex = at;
    const found = sticky.exec(xml);
    if (!found) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 40)}`);
    at = sticky.lastIndex;
    return found;
  };
  const element = (): Element => {
    const name = take(/<([a-z]+)/)[1] ?? "";
    const attributes: Record<string, string> = {};
    while (xml[at] === " ") {
      const [, key = "", value = ""] = take(/ ([A-Za-z-]+)="([^<"]*)"/);
      if (key in attributes) throw new Error(`${key} twice`);
      attributes[key] = decoded(value);
    }
    if (xml.startsWith("/>", at)) {
      take(/\/>/);
      return { name, attributes, children: [], text: "" };
    }
    take(/>/);
    const children: Element[] = [];
    let text = "";
    while (!xml.startsWith("</", at)) {
      if (xml[at] === "<") children.push(element());
      else text += decoded(take(/[^<]+/)[0]);
    }
    take(new RegExp(`</${name}>`));
    return { name, attributes, children, text };
  };
  const root = element();
  if (at !== xml.length) throw new Error("more than one root");
  return root;
}

/** The text of each `<text>`, in order. */
export const texts = (element: Element): string[] =>
  element.name === "text" ? [element.text] : element.children.flatMap(texts);

function decoded(raw: string): string {
  if (/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(raw))
    throw new Error("a letter that XML has not");
  if (raw.includes("]]>")) throw new Error("]]> in text");
  return raw.replaceAll(/&([^;]*;?)/g, (all, entity: string) => {
    const number = /^#(\d+);$/.exec(entity)?.[1];
    const letter =
      number === undefined ? ENTITIES[entity.slice(0, -1)] : String.fromCodePoint(Number(number));
    if (letter === undefined || !entity.endsWith(";")) throw new Error(`no such entity: ${all}`);
    return letter;
  });
}
