import { expect, test } from "vitest";

import { mayGoBack, readFeed } from "../../../electron/updates/feed.ts";

const sha512 = `${"A".repeat(86)}==`;
const file = { url: "Carillon-0.2.0.AppImage", sha512, size: 5 };
const good = { version: "0.2.0", files: [file], releaseDate: "2026-11-21T00:00:00.000Z" };

test("what electron-builder writes is read", () => {
  expect(readFeed({ ...good, path: file.url, sha512, releaseNotes: "Louder." })).toEqual({
    release: { version: "0.2.0", notes: "Louder." },
    hashes: [sha512],
  });
});

test("notes of several releases come one below the other", () => {
  const releaseNotes = [
    { version: "0.2.0", note: "<p>Louder.</p>" },
    { version: "0.1.9", note: null },
  ];
  expect(readFeed({ ...good, releaseNotes }).release.notes).toBe("0.2.0\n\nLouder.\n\n0.1.9");
});

test.each([
  ["no object", null],
  ["no version", { files: [file] }],
  ["a version that is none", { ...good, version: "latest" }],
  ["a version that leads elsewhere", { ...good, version: "0.2.0/../.." }],
  ["no files", { ...good, files: [] }],
  ["a file without a hash", { ...good, files: [{ url: file.url }] }],
  ["a weaker hash in its place", { ...good, files: [{ url: file.url, sha2: "ab" }] }],
  ["a hash that is too short", { ...good, files: [{ ...file, sha512: "AAAA" }] }],
  ["one file of two without a hash", { ...good, files: [file, { url: "other.deb" }] }],
  ["a file in clear", { ...good, files: [{ ...file, url: "http://example.org/Carillon.AppImage" }] }],
  ["a file of this computer", { ...good, files: [{ ...file, url: "file:///etc/passwd" }] }],
  ["notes that are no text", { ...good, releaseNotes: { html: "<p>" } }],
])("%s: refused", (_name, raw) => expect(() => readFeed(raw)).toThrow());

test.each([
  ["https elsewhere", "https://example.org/Carillon.AppImage"],
  ["this machine, as tests have", "http://127.0.0.1:8080/Carillon.AppImage"],
])("a file on %s may be", (_name, url) => {
  expect(readFeed({ ...good, files: [{ ...file, url }] }).release.version).toBe("0.2.0");
});

test.each([
  ["0.2.0", "latest", false],
  ["0.2.0", "beta", false],
  ["0.3.0-beta.1", "beta", false],
  ["0.3.0-beta.1", "latest", true],
] as const)("from %s, the channel %s may lead back: %s", (running, channel, may) =>
  expect(mayGoBack(running, channel)).toBe(may),
);
