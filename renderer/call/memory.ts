/** What a window that is reloaded or crashes in a call should be again, so that nobody who muted themselves is suddenly heard. */
export interface Remembered {
  readonly camera: boolean;
  readonly microphone: boolean;
}

const KEY = "own-media";

export const memory = {
  /** Null where this room's call was not the last one of this window. */
  read(room: string): Remembered | null {
    const saved: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (typeof saved !== "object" || saved === null || !("room" in saved) || saved.room !== room) return null;
    return {
      camera: "camera" in saved && saved.camera === true,
      microphone: "microphone" in saved && saved.microphone === true,
    };
  },
  write(room: string, { camera, microphone }: Remembered): void {
    sessionStorage.setItem(KEY, JSON.stringify({ room, camera, microphone }));
  },
  forget(): void {
    sessionStorage.removeItem(KEY);
  },
};
