/** On a `keydown` in a group of buttons: arrows, Home and End move the focus among them, as in a toolbar. */
export function moveByArrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")].filter((button) =>
    button.checkVisibility(),
  );
  const at = buttons.findIndex((button) => button === document.activeElement);
  if (at < 0 || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  buttons.at(to % buttons.length)?.focus();
}
