/** One thing that the app asked of the desktop, in Electron's words: `shell.openExternal`, `BrowserWindow.flashFrame`. */
export interface Asked {
  readonly name: string;
  /** The window's id where a window asked. */
  readonly window: number | null;
  readonly args: readonly unknown[];
}

/** Everything asked of the desktop since the start, in order. */
export const asked: Asked[] = [];

export function record(name: string, ...args: readonly unknown[]): void {
  asked.push({ name, window: null, args });
}

export function recordFor(window: number, name: string, ...args: readonly unknown[]): void {
  asked.push({ name, window, args });
}
