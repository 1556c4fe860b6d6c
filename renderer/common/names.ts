import { t } from "../../shared/messages/messages.ts";
import type { Person } from "../../shared/state/app-state.ts";

/** “Bob”, “Bob and Carol”, “Bob, Carol and 2 others”; empty for nobody. */
export function namesOf(people: readonly Person[]): string {
  const [first, second, ...others] = people.map(({ name }) => name);
  if (first === undefined) return "";
  if (second === undefined) return first;
  if (others.length === 0) return t("home.two", { first, second });
  return t("home.more", { first, second, count: others.length });
}
