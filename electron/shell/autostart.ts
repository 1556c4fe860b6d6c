/** A desktop entry that starts a command at login, as Linux's desktops read it from their autostart folder. */
export const autostartEntry = (command: readonly string[]): string =>
  [
    "[Desktop Entry]",
    "Type=Application",
    "Name=Carillon",
    `Exec=${command.map(execWord).join(" ")}`,
    "Terminal=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");

/** Whether a desktop still starts what an entry in its autostart folder names: what lists such entries turns them off inside. */
export function startsAtLogin(entry: string): boolean {
  const group = entry.split(/^\[/m).find((each) => each.startsWith("Desktop Entry]")) ?? "";
  const is = (key: string, value: string) =>
    new RegExp(`^${key}[ \\t]*=[ \\t]*${value}\\s*$`, "m").test(group);
  return group !== "" && !is("Hidden", "true") && !is("X-GNOME-Autostart-enabled", "false");
}

/**
 * One word of `Exec`, quoted: first as the command line wants it, then as any text in a desktop entry. Between the two
 * stands `%`, which would be a field code.
 */
function execWord(word: string): string {
  const quoted = `"${word.replaceAll(/["`$\\]/g, "\\$&")}"`.replaceAll("%", "%%");
  return quoted
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
}
