const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin"] as const;

/** Tells once nobody has touched mouse or keyboard for this long, and when somebody does again. Returns how to stop. */
export function watchRest(afterMs: number, tell: (resting: boolean) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stir = (): void => {
    clearTimeout(timer);
    timer = setTimeout(rest, afterMs);
    tell(false);
  };
  const rest = (): void => {
    // Where the keyboard is must be seen, and so must what is open.
    if (document.querySelector("button:focus-visible, [role=menu], [role=dialog]")) stir();
    else tell(true);
  };
  for (const sign of SIGNS) addEventListener(sign, stir);
  stir();
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) removeEventListener(sign, stir);
  };
}
