import { t } from "../../shared/messages/messages.ts";
import { readableName } from "../../shared/rtc/applications.ts";
import type { Marks, TileView } from "./view.ts";

/** What is to be known of a person's device, each a sentence, what keeps us apart first. */
export function sentencesAbout({ name, local }: Pick<TileView, "name" | "local">, marks: Marks): string[] {
  const { trust, ourKey, foreign } = marks;
  if (local) return [t(trust === "unverified" ? "tile.about-own-unverified" : "tile.about-own-verified")];
  return [
    ...(foreign === null ? [] : [t("tile.reason-foreign", { transport: readableName(foreign) })]),
    ...(ourKey === "sent" || ourKey === "unneeded" || foreign !== null
      ? []
      : [t(`tile.about-${ourKey}`, { name })]),
    t(`tile.about-${trust}`, { name }),
  ];
}

/** What their tile says of why they are not heard or seen. */
export const reasonText = ({ reason, marks }: TileView): string | null =>
  reason === "no-transport" && marks?.foreign != null
    ? t("tile.reason-foreign", { transport: readableName(marks.foreign) })
    : reason && t(`tile.reason-${reason}`);
