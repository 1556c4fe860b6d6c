import type { UserId } from "../../shared/matrix/ids.ts";
import { t } from "../../shared/messages/messages.ts";
import type { VerificationState } from "../../shared/state/app-state.ts";
import type { AskedNotice, Notifier, Windows } from "../ports.ts";

export interface VerificationAskedParts {
  readonly me: UserId;
  readonly notifier: Pick<Notifier, "asked">;
  readonly windows: Pick<Windows, "show">;
}

/** Says that somebody asks for a verification, as long as they wait for an answer: home, where it is, may not be open. */
export class VerificationAsked {
  readonly #parts: VerificationAskedParts;
  #told: { readonly id: string; readonly hide: () => void } | null = null;

  constructor(parts: VerificationAskedParts) {
    this.#parts = parts;
  }

  /** What is under way now. */
  look(verification: VerificationState | null): void {
    const { me, notifier, windows } = this.#parts;
    const notice = verification && noticeOf(verification, me);
    if (notice?.id === this.#told?.id) return;
    this.#told?.hide();
    this.#told = notice && {
      id: notice.id,
      hide: notifier.asked(notice, { opened: () => windows.show("home") }),
    };
  }
}

function noticeOf(verification: VerificationState, me: UserId): AskedNotice | null {
  const { incoming, phase, person, device } = verification;
  if (!incoming || phase !== "asked") return null;
  const { user, name } = person;
  const id = `verification ${user} ${device ?? ""}`;
  return user === me
    ? { id, title: t("verification.own"), body: t("verification.incoming-own") }
    : { id, title: t("verification.person", { name }), body: t("verification.incoming-person", { name }) };
}
