import type { DeviceOption } from "../common/devices.ts";
import type { DeviceChoice } from "../../shared/state/settings.ts";

/** The device that a choice means among those that are there: by ID, else by label since IDs change; null is the system's default. */
export function findDevice(options: readonly DeviceOption[], choice: DeviceChoice): DeviceOption | null {
  if (!choice) return null;
  const sameId = options.find(({ id }) => id === choice.id);
  if (sameId) return sameId;
  return (choice.label !== "" && options.find(({ label }) => label === choice.label)) || null;
}
