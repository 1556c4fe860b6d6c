/** What a window that is reloaded or crashes in a call should be again, so that nobody who muted themselves is suddenly heard. */
export interface Remembered {
  readonly camera: boolean;
  readonly microphone: boolean;
}

const KEY = "own-media";

export const memory = {
  /** Null where nothing was chosen in this room's call. */
  read(room: string): Remembered | null {
    const saved = all()[room];
    if (typeof saved !== "object" || saved === null) return null;
    return {
      camera: "camera" in saved && saved.camera === true,
      microphone: "microphone" in saved && saved.microphone === true,
    };
  },
  /** Of each call on its own: one may be held. */
  write(room: string, { camera, microphone }: Remembered): void {
    sessionStorage.setItem(KEY, JSON.stringify({ ...all(), [room]: { camera, microphone } }));
  },
  forget(): void {
    sessionStorage.removeItem(KEY);
  },
};

function all(): Readonly<Record<string, unknown>> {
  const saved: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  return typeof saved === "object" && saved !== null ? { ...saved } : {};
}
