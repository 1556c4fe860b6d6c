const GROUP = 5;

/** A code in the groups in which it is read aloud: as it is written, or of five. */
export function groupsOf(code: string): readonly string[] {
  const written = code.split(/\s+/).filter((group) => group !== "");
  if (written.length > 1) return written;
  return (written[0] ?? "").match(new RegExp(`.{1,${GROUP}}`, "gu")) ?? [];
}
