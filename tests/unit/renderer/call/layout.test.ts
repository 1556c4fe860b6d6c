import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cornerOf, GAP, gridOf, stageOf, type Grid, type Size } from "../../../../renderer/call/layout.ts";

const spread = ({ columns, rows, width, height }: Grid): Size => ({
  width: columns * width + (columns - 1) * GAP,
  height: rows * height + (rows - 1) * GAP,
});
const windows = fc.record({
  width: fc.integer({ min: 344, max: 3840 }),
  height: fc.integer({ min: 340, max: 2160 }),
});

describe("gridOf", () => {
  it.each([
    [1, { width: 944, height: 530 }, 1, 1],
    [2, { width: 944, height: 530 }, 2, 1],
    [2, { width: 344, height: 700 }, 1, 2],
    [3, { width: 944, height: 530 }, 2, 2],
    [3, { width: 404, height: 600 }, 1, 3],
    [5, { width: 944, height: 530 }, 3, 2],
    [9, { width: 1584, height: 790 }, 3, 3],
    [25, { width: 1584, height: 790 }, 5, 5],
    [49, { width: 1904, height: 950 }, 7, 7],
  ])("puts %i people in %j into %i columns and %i rows", (count, area, columns, rows) => {
    expect(gridOf(count, area)).toMatchObject({ columns, rows });
  });

  it("has a place for everybody, no empty row, and never goes beyond the width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), windows, (count, area) => {
        const grid = gridOf(count, area);
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
        expect(grid.columns * (grid.rows - 1)).toBeLessThan(count);
        expect(spread(grid).width).toBeLessThanOrEqual(area.width);
      }),
    );
  });

  it("keeps tiles wide enough for a face, and shaped so that no face is cropped away", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), windows, (count, area) => {
        const { width, height } = gridOf(count, area);
        expect(width).toBeGreaterThanOrEqual(104);
        // Whole pixels allow for one of difference.
        expect(width / (height + 1)).toBeLessThanOrEqual(16 / 9);
        expect((width + 1) / height).toBeGreaterThanOrEqual(3 / 4);
      }),
    );
  });

  it("shows up to 49 people at once in a window of 1280 x 720 and above", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 49 }),
        fc.integer({ min: 1264, max: 3840 }),
        fc.integer({ min: 600, max: 2160 }),
        (count, width, height) => {
          expect(spread(gridOf(count, { width, height })).height).toBeLessThanOrEqual(height);
        },
      ),
    );
  });

  it("gives a second person no less room in a larger window", () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 0, max: 500 }), ({ width, height }, more) => {
        const area = (size: Size) => size.width * size.height;
        const small = gridOf(1, { width, height });
        const large = gridOf(1, { width: width + more, height: height + more });
        expect(area(large)).toBeGreaterThanOrEqual(area(small));
      }),
    );
  });

  it("gives whole tiles also to an area that has not been measured yet", () => {
    const grid = gridOf(4, { width: 0, height: 0 });
    expect(grid.width).toBeGreaterThan(0);
    expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(4);
  });

  it("gives a shared screen the whole area, whatever its shape", () => {
    expect(gridOf(1, { width: 700, height: 500 }, "screens")).toMatchObject({ width: 700, height: 500 });
  });
});

describe("stageOf", () => {
  it("puts the film strip at the right of a wide window and below in a tall one", () => {
    expect(stageOf(1, { width: 944, height: 530 }).strip).toBe("right");
    expect(stageOf(1, { width: 404, height: 620 }).strip).toBe("below");
  });

  it("leaves the screens at least half of any window, and strip and stage do not overlap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), windows, (count, area) => {
        const { strip, tile, screens } = stageOf(count, area);
        const used = spread(screens);
        const room =
          strip === "right"
            ? { width: area.width - tile.width - GAP, height: area.height }
            : { width: area.width, height: area.height - tile.height - GAP };
        expect(used.width).toBeLessThanOrEqual(room.width);
        expect(used.height).toBeLessThanOrEqual(room.height);
        expect(room.width * room.height).toBeGreaterThanOrEqual((area.width * area.height) / 2);
      }),
    );
  });
});

it("one's own picture in the corner covers less than a sixth of the other's", () => {
  fc.assert(
    fc.property(windows, (area) => {
      const { width, height } = cornerOf(area);
      expect(width * height).toBeLessThan((area.width * area.height) / 6);
    }),
  );
});
