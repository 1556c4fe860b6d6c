import fc from "fast-check";
import { expect, test } from "vitest";

import { canShowUnfocused, homeClose, ringPlace, shapeOf } from "../../../electron/shell/window-shapes.ts";

test("the ring window stands at the top right of the work area, with a margin", () => {
  expect(ringPlace({ x: 0, y: 25, width: 1280, height: 775 })).toEqual({
    x: 1280 - 380 - 16,
    y: 25 + 16,
    width: 380,
    height: 216,
  });
});

test("the ring window lies inside the work area of any screen, also one left of or above the first", () => {
  const number = fc.integer({ min: -8000, max: 8000 });
  const span = fc.integer({ min: 1, max: 8000 });
  fc.assert(
    fc.property(number, number, span, span, (x, y, width, height) => {
      const place = ringPlace({ x, y, width, height });
      expect(place.x).toBeGreaterThanOrEqual(x);
      expect(place.y).toBeGreaterThanOrEqual(y);
      expect(place.x + place.width).toBeLessThanOrEqual(x + width);
      expect(place.y + place.height).toBeLessThanOrEqual(y + height);
    }),
  );
});

test("only the ring window is above all others and out of the taskbar", () => {
  const above = { alwaysOnTop: true, skipTaskbar: true, frame: false };
  expect(shapeOf("ring", "linux")).toMatchObject(above);
  expect(shapeOf("ring", "darwin")).toMatchObject({ ...above, type: "panel" });
  expect(shapeOf("home", "linux").alwaysOnTop).toBeUndefined();
});

test.each<[string, NodeJS.Platform, string | undefined, string, boolean]>([
  ["Windows", "win32", undefined, "", true],
  ["macOS", "darwin", undefined, "", true],
  ["X11", "linux", "x11", "", true],
  ["a Linux session that does not say", "linux", undefined, "", true],
  ["Wayland", "linux", "wayland", "", false],
  ["X11 inside Wayland", "linux", "wayland", "x11", true],
  ["Wayland by request", "linux", undefined, "wayland", false],
])("whether a window can come up without the focus: %s", (_name, platform, session, ozone, expected) => {
  expect(canShowUnfocused({ XDG_SESSION_TYPE: session }, platform, ozone)).toBe(expected);
});

test.each([
  [{ closeToTray: true, tray: true }, "close"],
  [{ closeToTray: true, tray: false }, "minimize"],
  [{ closeToTray: false, tray: true }, "quit"],
  [{ closeToTray: false, tray: false }, "quit"],
] as const)("closing the home window with %o", (by, expected) => {
  expect(homeClose(by)).toBe(expected);
});
