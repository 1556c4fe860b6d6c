import type {
  AskedNotice,
  MissedNotice,
  Notifier,
  RingAnswers,
  RingNotice,
  SystemQuiet,
  Windows,
} from "../../electron/ports.ts";
import type { WindowRole } from "../../shared/window-role.ts";

/** A desktop that shows what it is told to, for tests to look at and to answer. */
export class FakeDesktop implements Notifier, SystemQuiet, Pick<Windows, "show" | "prepare" | "close"> {
  /** The ring notifications on the screen, oldest first. */
  readonly rings: { readonly notice: RingNotice; readonly on: RingAnswers }[] = [];
  readonly missedCalls: { readonly notice: MissedNotice; readonly again: () => void }[] = [];
  /** What somebody asks, and is on the screen for it. */
  readonly askedFor: { readonly notice: AskedNotice; readonly opened: () => void }[] = [];
  readonly told: string[] = [];
  readonly shown = new Set<WindowRole>();
  readonly prepared = new Set<WindowRole>();
  quiet = false;

  ring(notice: RingNotice, on: RingAnswers): () => void {
    const entry = { notice, on };
    this.rings.push(entry);
    return () => {
      if (this.rings.includes(entry)) this.rings.splice(this.rings.indexOf(entry), 1);
    };
  }
  missed(notice: MissedNotice, { again }: { readonly again: () => void }): void {
    this.missedCalls.push({ notice, again });
  }
  clearMissed(): void {
    this.missedCalls.splice(0);
  }
  asked(notice: AskedNotice, { opened }: Pick<RingAnswers, "opened">): () => void {
    const entry = { notice, opened };
    this.askedFor.push(entry);
    return () => {
      if (this.askedFor.includes(entry)) this.askedFor.splice(this.askedFor.indexOf(entry), 1);
    };
  }
  tell(title: string): void {
    this.told.push(title);
  }
  active(): Promise<boolean> {
    return Promise.resolve(this.quiet);
  }
  show(role: WindowRole): void {
    this.shown.add(role);
  }
  prepare(role: WindowRole): void {
    this.prepared.add(role);
  }
  close(role: WindowRole): void {
    this.shown.delete(role);
    this.prepared.delete(role);
  }
}
