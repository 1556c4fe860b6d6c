import { t } from "../../shared/messages/messages.ts";
import type { DeviceKind, DeviceLists, DeviceOption } from "../common/devices.ts";

/** Stands in a list for "whatever the system uses". */
export const SYSTEM = "system";

/** What a list of one kind offers; a device without a label is numbered. */
export function choicesOf(devices: DeviceLists, kind: DeviceKind): readonly DeviceOption[] {
  const named = devices[`${kind}s`].map(({ id, label }, index) => ({
    id,
    label: label || t("settings.unnamed", { kind: t(`settings.${kind}`), count: index + 1 }),
  }));
  return [{ id: SYSTEM, label: t("settings.default") }, ...named];
}
