/**
 * Values that structured cloning takes, as text and back: ipc payloads cross the DevTools protocol, which carries JSON.
 * Both functions are also injected into pages as source, so they close over nothing.
 */
export function encode(root: unknown): string {
  const seen = new Map<unknown, number>();
  const out: unknown[] = [];
  const base64 = (bytes: Uint8Array) => {
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768)
      text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
  const object = (value: object): unknown[] => {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (Array.isArray(value)) return ["array", Array.from(value, put)];
    // As text: of a date that is none JSON would make another one.
    if (value instanceof Date) return ["date", String(value.getTime())];
    if (value instanceof RegExp) return ["regexp", value.source, value.flags];
    if (value instanceof Map) return ["map", [...value].map(([key, item]) => [put(key), put(item)])];
    if (value instanceof Set) return ["set", [...value].map(put)];
    if (value instanceof Error) return ["error", value.name, value.message, value.stack ?? ""];
    if (value instanceof ArrayBuffer) return ["bytes", "", base64(new Uint8Array(value))];
    if (ArrayBuffer.isView(value)) {
      return ["bytes", tag, base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))];
    }
    if (tag !== "Object") throw new Error("An object could not be cloned.");
    return ["object", Object.entries(value).map(([key, item]) => [key, put(item)])];
  };
  const entry = (value: unknown): unknown[] => {
    switch (typeof value) {
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? ["json", value]
          : ["number", Object.is(value, -0) ? "-0" : String(value)];
      case "undefined":
        return ["undefined"];
      case "bigint":
        return ["bigint", value.toString()];
      case "symbol":
      case "function":
        throw new Error("An object could not be cloned.");
      case "object":
        return value === null ? ["json", null] : object(value);
      default:
        return ["json", value];
    }
  };
  const put = (value: unknown): number => {
    const shared = typeof value === "object" && value !== null;
    const before = shared ? seen.get(value) : undefined;
    if (before !== undefined) return before;
    const at = out.push(0) - 1;
    if (shared) seen.set(value, at);
    out[at] = entry(value);
    return at;
  };
  put(root);
  return JSON.stringify(out);
}

export function decode(text: string): unknown {
  // `encode` wrote it: [kind, ...parts], parts being indices where the kind holds other values.
  // oxlint-disable-next-line typescript/no-explicit-any
  const entries = JSON.parse(text) as [kind: string, ...parts: any[]][];
  const made = new Map<number, unknown>();
  const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const get = (at: number): unknown => {
    if (made.has(at)) return made.get(at);
    const keep = <T>(value: T): T => {
      made.set(at, value);
      return value;
    };
    const [kind, a, b, c] = entries[at] ?? ["undefined"];
    switch (kind) {
      case "json":
        return a;
      case "number":
        return Number(a);
      case "bigint":
        return BigInt(a);
      case "date":
        return keep(new Date(Number(a)));
      case "regexp":
        return keep(new RegExp(a, b));
      case "array": {
        const value: unknown[] = keep([]);
        for (const item of a) value.push(get(item));
        return value;
      }
      case "map": {
        const value = keep(new Map<unknown, unknown>());
        for (const [key, item] of a) value.set(get(key), get(item));
        return value;
      }
      case "set": {
        const value = keep(new Set<unknown>());
        for (const item of a) value.add(get(item));
        return value;
      }
      case "error": {
        const value = keep(new Error(b));
        value.name = a;
        value.stack = c;
        return value;
      }
      case "bytes": {
        const { buffer } = bytes(b);
        // The tag is the view's constructor: Uint8Array, DataView, ...
        return keep(a === "" ? buffer : Reflect.construct(Reflect.get(globalThis, a), [buffer]));
      }
      case "object": {
        const value = keep({});
        // Not by assignment, which for `__proto__` is something else.
        const own = { writable: true, enumerable: true, configurable: true };
        for (const [key, item] of a) Object.defineProperty(value, key, { ...own, value: get(item) });
        return value;
      }
      default:
        return undefined;
    }
  };
  return get(0);
}
