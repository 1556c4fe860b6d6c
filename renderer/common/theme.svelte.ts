import type { Settings } from "../../shared/state/settings.ts";

/** Keeps the page light or dark as the settings say, while the component that asks lives. */
export function followTheme(theme: () => Settings["theme"]): void {
  $effect(() => {
    const { dataset } = document.documentElement;
    if (theme() === "system") delete dataset["theme"];
    else dataset["theme"] = theme();
  });
}
