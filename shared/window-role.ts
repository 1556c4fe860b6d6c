/** Each kind of window is its own trust level: what it sees and may ask follows from its role. */
export type WindowRole = "home" | "call";
