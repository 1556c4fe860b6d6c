import type { Person } from "../../shared/state/app-state.ts";
import type { Marks, TileView } from "./view.ts";

interface OwnSight {
  readonly microphone: boolean;
  readonly speaking: boolean;
  readonly camera: TileView["attach"];
  readonly screen: TileView["attach"];
  readonly marks: Marks | null;
}

/** One's own tiles: they are there from the click on Join, and stay the same ones when the membership is accepted. */
export function ownTiles(
  me: Person | null,
  { microphone, speaking, camera, screen, marks }: OwnSight,
): TileView[] {
  if (!me) return [];
  const { user, name, avatar } = me;
  const common = {
    user,
    name,
    avatar,
    local: true,
    microphone: microphone ? "on" : "muted",
    reason: null,
    marks: null,
  } as const;
  const person: TileView = {
    ...common,
    id: "local",
    kind: "camera",
    speaking: microphone && speaking,
    attach: camera,
    mirrored: true,
    marks,
  };
  if (!screen) return [person];
  return [
    person,
    { ...common, id: "local|screen", kind: "screen", speaking: false, attach: screen, mirrored: false },
  ];
}
