/** A span in ms as on a phone: `0:05`, `12:05`, `1:02:05`. A clock that runs behind shows `0:00`. */
export function elapsed(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    two(seconds % 60),
  ];
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
