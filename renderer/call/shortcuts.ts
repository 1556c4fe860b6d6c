export type Shortcut = "microphone" | "camera" | "share" | "fullscreen" | "hand" | "escape";

const keys: Readonly<Record<string, Shortcut>> = {
  m: "microphone",
  v: "camera",
  s: "share",
  f: "fullscreen",
  h: "hand",
  escape: "escape",
};

/** What a key asks for, unless it is held, part of a chord, or meant for what has the focus. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target;
  if (
    target instanceof Element &&
    target.closest("input, textarea, [role=menu], [role=listbox], [role=dialog]")
  )
    return null;
  return keys[event.key.toLowerCase()] ?? null;
}
