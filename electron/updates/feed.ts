import * as v from "valibot";

import { notesText } from "../../shared/updates/notes.ts";
import type { Release, UpdateChannel } from "../../shared/updates/updates.ts";

const SEMVER = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[\da-z-]+(\.[\da-z-]+)*)?(\+[\da-z.-]+)?$/i;

/** A file beside the metadata, or anywhere over https; plain http is for a server on this machine, as tests have. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url, "https://beside.invalid");
  return (
    protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname))
  );
}

const text = v.pipe(v.string(), v.maxLength(200_000));
const metadata = v.object({
  version: v.pipe(v.string(), v.maxLength(64), v.regex(SEMVER)),
  files: v.pipe(
    v.array(
      v.object({
        url: v.pipe(
          v.string(),
          v.maxLength(2048),
          v.check((url) => URL.canParse(url, "https://beside.invalid") && isSafe(url), "a safe URL"),
        ),
        /** 64 bytes. */
        sha512: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/)),
      }),
    ),
    v.minLength(1),
    v.maxLength(64),
  ),
  releaseNotes: v.nullish(v.union([text, v.array(v.object({ version: text, note: v.nullish(text) }))])),
});

export interface Feed {
  readonly release: Release;
  /** Of every file, base64. */
  readonly hashes: readonly string[];
}

/** What the update server says, as electron-updater read it from YAML. @throws ValiError */
export function readFeed(raw: unknown): Feed {
  const { version, files, releaseNotes } = v.parse(metadata, raw);
  const notes = Array.isArray(releaseNotes)
    ? releaseNotes.map(({ version: of, note }) => `${of}\n\n${notesText(note ?? "")}`).join("\n\n")
    : (releaseNotes ?? "");
  return { release: { version, notes: notesText(notes) }, hashes: files.map(({ sha512 }) => sha512) };
}

/** Older is an attack, but for whoever leaves the beta releases: then the latest release may be the older one. */
export const mayGoBack = (running: string, channel: UpdateChannel): boolean =>
  channel === "latest" && running.includes("-");
