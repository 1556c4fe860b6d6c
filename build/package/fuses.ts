import { differing } from "./app-id.ts";

const SENTENCE = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const WANTED = {
  "running as Node": "0",
  "encryption of cookies": "1",
  "Node's options": "0",
  "Node's inspector": "0",
  "the check of the asar": "1",
  "only from the asar": "1",
  "a snapshot of its own": "0",
  "more rights for files": "0",
};

/** Which of Electron's fuses, in the bytes of its binary, is not set so that it runs this app and nothing else. */
export function fuseFaults(binary: Buffer): string[] {
  const start = binary.indexOf(SENTENCE);
  if (start < 0) return ["the binary has no fuses"];
  const states = binary.subarray(start + SENTENCE.length + 2).toString("latin1", 0, 9);
  return differing(
    Object.fromEntries(Object.entries(WANTED).map(([name, must], index) => [name, [states[index], must]])),
  );
}
