import { Modelled } from "./modelled.ts";

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

const size = { width: 1280, height: 800 };
const area = { x: 0, y: 0, ...size };
const display = {
  id: 1,
  label: "Stand-in",
  bounds: area,
  workArea: area,
  size,
  workAreaSize: size,
  nativeOrigin: { x: 0, y: 0 },
  maximumCursorSize: { width: 64, height: 64 },
  scaleFactor: 1,
  rotation: 0,
  colorDepth: 24,
  depthPerComponent: 8,
  colorSpace: "",
  displayFrequency: 60,
  monochrome: false,
  detected: true,
  internal: true,
  accelerometerSupport: "unavailable" as const,
  touchSupport: "unavailable" as const,
};
export type Display = typeof display;

class Screen extends Modelled<{
  "display-added": unknown[];
  "display-removed": unknown[];
  "display-metrics-changed": unknown[];
}> {
  getPrimaryDisplay(): Display {
    return display;
  }
  getAllDisplays(): Display[] {
    return [display];
  }
  getDisplayMatching(_rectangle: Rectangle): Display {
    return display;
  }
  getDisplayNearestPoint(_point: { x: number; y: number }): Display {
    return display;
  }
  getCursorScreenPoint(): { x: number; y: number } {
    return { x: 0, y: 0 };
  }
}

/** One display of 1280 × 800. */
export const screen = new Screen();
