/** Carries something asked of the call; where it fails, the window says so. */
export type Ask = (work: Promise<unknown>) => void;
