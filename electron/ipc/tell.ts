import { audience, type Topic, type Topics } from "../../shared/ipc/contract.ts";
import type { AppWindow } from "./ports.ts";

/** The only way main speaks to a window: never a topic outside the window's audience. */
export function tell<T extends Topic>(window: AppWindow, topic: T, payload: Topics[T]): void {
  if (!audience[topic].includes(window.role))
    throw new Error(`"${topic}" is not for the ${window.role} window`);
  window.post(topic, payload);
}
