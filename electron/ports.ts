import type { Quiet } from "../shared/call/quiet.ts";
import type { ScreenSource } from "../shared/ipc/contract.ts";
import type { EventId } from "../shared/matrix/ids.ts";
import type { CallIntent } from "../shared/state/app-state.ts";
import type { WindowRole } from "../shared/window-role.ts";

/** What the core needs of the desktop. `shell/` is it over Electron, one file each; tests have doubles that behave. */

export interface Secrets {
  /** True where the desktop has no keyring, so that what is sealed is only obfuscated. */
  weak(): Promise<boolean>;
  seal(text: string): Promise<Uint8Array>;
  /** Fails where another user, machine or keyring sealed it. */
  open(sealed: Uint8Array): Promise<string>;
}

export interface Windows {
  /** Opens the window of this role, or brings it to the front; the ring window shows itself without taking the focus. */
  show(role: WindowRole): void;
  /** Loads the window unseen, so that `show` is instant. */
  prepare(role: WindowRole): void;
  close(role: WindowRole): void;
  /** The user closed it, or it crashed too often to be brought back. */
  onGone(listener: (role: WindowRole) => void): void;
}

export interface Screens {
  /** Empty where the system shows its own picker. */
  list(): Promise<readonly ScreenSource[]>;
  /** What the call window's next `getDisplayMedia` gets. */
  choose(id: string | null, audio: boolean): void;
}

export interface Power {
  /** The machine woke, the screen was unlocked or the network changed: what was quiet may be stale. */
  onWake(listener: () => void): void;
  /** Keeps the display (video) or the machine (audio only) awake while a call is on. */
  stayAwake(what: "display" | "machine" | null): void;
}

/** The system's notifications. Where it shows none, they do nothing. */
export interface Notifier {
  /** Stays on the screen until the function that is returned takes it away. A plain click is `opened`. */
  ring(notice: RingNotice, on: RingAnswers): () => void;
  /** A call was missed: `again` calls back. */
  missed(notice: MissedNotice, on: { readonly again: () => void; readonly opened: () => void }): void;
  /** Takes away what was said of missed calls. */
  clearMissed(): void;
  /** Somebody asks for something, which a click shows; stays until the function that is returned takes it away. */
  asked(notice: AskedNotice, on: Pick<RingAnswers, "opened">): () => void;
  /** A sentence, once: the app goes on in the tray. */
  tell(title: string, body: string): void;
}

export interface RingNotice {
  readonly id: string;
  /** Somebody else's name: plain text. */
  readonly title: string;
  readonly body: string;
  readonly intent: CallIntent;
  /** We are in another call: there is only Decline, and a click for the rest. */
  readonly second: boolean;
}

export interface RingAnswers {
  readonly accepted: (intent: CallIntent) => void;
  readonly declined: () => void;
  readonly opened: () => void;
}

export interface MissedNotice {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

export type AskedNotice = MissedNotice;

/** The icon in the tray, the taskbar's or dock's attention and badge. */
export interface Indicator {
  show(state: IndicatorState): void;
  /** What the tray's menu asks for. */
  onAsked(listener: (asked: IndicatorAsked) => void): void;
}

export interface IndicatorState {
  readonly signedIn: boolean;
  /** Who rings; null where nobody does. */
  readonly ringing: { readonly id: EventId; readonly name: string; readonly second: boolean } | null;
  readonly missed: number;
  readonly inCall: boolean;
  readonly quiet: Quiet | null;
}

export type IndicatorAsked =
  | { readonly type: "open" | "quit" | "leave-call" | "toggle-quiet" }
  | { readonly type: "accept" | "decline"; readonly ring: EventId };

/** The system's own do-not-disturb. */
export interface SystemQuiet {
  /** False where it does not hold, or cannot be read. */
  active(): Promise<boolean>;
}

/** Starts the app hidden at login. */
export interface LoginItem {
  /** As the system has it, where the user may have changed it too. */
  isOn(): Promise<boolean>;
  set(on: boolean): Promise<void>;
}

/** The system browser. */
export type OpenExternal = (url: string) => Promise<void>;
