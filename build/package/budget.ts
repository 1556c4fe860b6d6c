/** The most bytes that each may have. A larger one is a decision: it changes here, with its reason in the commit. */
export const budget = {
  "app.asar": 12_000_000,
  "out/main": 10_200_000,
  "out/preload": 20_000,
  "out/renderer": 1_700_000,
};
