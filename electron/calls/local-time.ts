/** An epoch time (ms) as this computer's user reads it off the clock; `weekday` 0 is Sunday, `minutes` count from midnight. */
export function localTime(at: number): { at: number; weekday: number; minutes: number } {
  const local = new Date(at);
  return { at, weekday: local.getDay(), minutes: local.getHours() * 60 + local.getMinutes() };
}
