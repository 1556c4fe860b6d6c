/** A valid IndexedDB key, already converted as IndexedDB does: views are copied to buffers, dates are real. */
export type Key = number | string | Date | ArrayBuffer | readonly Key[];

export interface KeyRange {
  readonly lower?: Key | undefined;
  readonly upper?: Key | undefined;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;
}

/** All byte strings from `from` up to, not including, `to`. */
export interface ByteRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

// The order of the tags is IndexedDB's order of types; every tag is below PAST and above END.
const NUMBER = 0x10;
const DATE = 0x20;
const STRING = 0x30;
const BINARY = 0x40;
const ARRAY = 0x50;
const END = 0x00;
const PAST = 0xff;

/**
 * Bytes that compare as the keys do, are different for different keys (but 0 and -0), and are never the beginning of another
 * key's bytes, so that two keys may simply be put one after the other.
 */
export function keyBytes(...keys: readonly Key[]): Uint8Array {
  const out: number[] = [];
  for (const key of keys) write(key, out);
  return Uint8Array.from(out);
}

/** The key whose bytes begin at `offset`, and where they end. */
export function readKey(bytes: Uint8Array, offset = 0): { readonly key: Key; readonly end: number } {
  const tag = bytes[offset];
  const start = offset + 1;
  if (tag === NUMBER || tag === DATE) {
    const number = readNumber(bytes, start);
    return { key: tag === DATE ? new Date(number) : number, end: start + 8 };
  }
  if (tag === STRING || tag === BINARY) {
    const { units, end } = readUnits(bytes, start);
    if (tag === BINARY) return { key: Uint8Array.from(units).buffer, end };
    let text = "";
    for (const unit of units) text += String.fromCharCode(unit);
    return { key: text, end };
  }
  if (tag !== ARRAY) throw new RangeError(`no key has the tag ${tag}`);
  const keys: Key[] = [];
  let at = start;
  while (bytes[at] !== END) {
    const { key, end } = readKey(bytes, at);
    keys.push(key);
    at = end;
  }
  return { key: keys, end: at + 1 };
}

/** What comes after everything that begins with these bytes. */
export function past(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  out[bytes.length] = PAST;
  return out;
}

export const everything: ByteRange = { from: new Uint8Array(), to: Uint8Array.of(PAST) };

/** Where a range's keys lie, alone or with another key behind each of them. */
export function rangeBytes({ lower, upper, lowerOpen, upperOpen }: KeyRange): ByteRange {
  let { from, to } = everything;
  if (lower !== undefined) from = lowerOpen ? past(keyBytes(lower)) : keyBytes(lower);
  if (upper !== undefined) to = upperOpen ? keyBytes(upper) : past(keyBytes(upper));
  return { from, to };
}

function write(key: Key, out: number[]): void {
  if (typeof key === "number") writeNumber(NUMBER, key, out);
  else if (key instanceof Date) writeNumber(DATE, key.getTime(), out);
  else if (typeof key === "string") {
    out.push(STRING);
    for (let i = 0; i < key.length; i++) writeUnit(key.charCodeAt(i), out);
    out.push(END);
  } else if (key instanceof ArrayBuffer) {
    out.push(BINARY);
    for (const byte of new Uint8Array(key)) writeUnit(byte, out);
    out.push(END);
  } else {
    out.push(ARRAY);
    for (const part of key) write(part, out);
    out.push(END);
  }
}

// IEEE 754 compares as bytes once the sign bit of positive numbers and all bits of negative ones are flipped.
const SIGN = 0x80;

function writeNumber(tag: number, value: number, out: number[]): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value + 0);
  const [first = 0, ...rest] = bytes;
  const negative = first >= SIGN;
  out.push(tag, first ^ (negative ? 0xff : SIGN), ...rest.map((byte) => (negative ? byte ^ 0xff : byte)));
}

function readNumber(bytes: Uint8Array, offset: number): number {
  const [first = 0, ...rest] = bytes.subarray(offset, offset + 8);
  const negative = first < SIGN;
  const raw = [first ^ (negative ? 0xff : SIGN), ...rest.map((byte) => (negative ? byte ^ 0xff : byte))];
  return new DataView(Uint8Array.from(raw).buffer).getFloat64(0);
}

// A UTF-16 unit or a byte takes one byte below 0x7f (so ASCII stays small and END stays free), else two or three.
const TWO = 0x7f;
const THREE = 0x407f;

function writeUnit(unit: number, out: number[]): void {
  if (unit < TWO) out.push(unit + 1);
  else if (unit < THREE) out.push(0x80 | ((unit - TWO) >> 8), (unit - TWO) & 0xff);
  else out.push(0xc0, (unit - THREE) >> 8, (unit - THREE) & 0xff);
}

function readUnits(bytes: Uint8Array, offset: number): { units: number[]; end: number } {
  const units: number[] = [];
  let at = offset;
  const next = () => {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError("the key is cut off");
    return byte;
  };
  for (let first = next(); first !== END; first = next()) {
    if (first < 0x80) units.push(first - 1);
    else if (first < 0xc0) units.push((((first & 0x3f) << 8) | next()) + TWO);
    else units.push(((next() << 8) | next()) + THREE);
  }
  return { units, end: at };
}
