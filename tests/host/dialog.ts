import type { BrowserWindow } from "./browser-window.ts";
import { modelled } from "./modelled.ts";
import { record } from "./records.ts";

export interface MessageBoxOptions {
  message: string;
  type?: "none" | "info" | "error" | "question" | "warning";
  buttons?: string[];
  defaultId?: number;
  cancelId?: number;
  title?: string;
  detail?: string;
  checkboxLabel?: string;
  checkboxChecked?: boolean;
  noLink?: boolean;
}

/** What the user will answer to the next boxes, the index of a button each; an empty list means the default button. */
export const dialogAnswers: number[] = [];

/** Both boxes may be given a window first, on which they then stand. */
type BoxArguments = [MessageBoxOptions] | [BrowserWindow, MessageBoxOptions];

function answer(args: BoxArguments): { response: number; checkboxChecked: boolean } {
  const options = args.length === 1 ? args[0] : args[1];
  record("dialog.showMessageBox", options);
  const response = dialogAnswers.shift() ?? options.defaultId ?? 0;
  return { response, checkboxChecked: options.checkboxChecked ?? false };
}

export const dialog = modelled("dialog", {
  showErrorBox: (title: string, content: string): void => record("dialog.showErrorBox", title, content),
  showMessageBox: async (...args: BoxArguments) => answer(args),
  showMessageBoxSync: (...args: BoxArguments): number => answer(args).response,
});
