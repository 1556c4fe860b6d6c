import { AppError, type ErrorCode } from "../../../../shared/errors.ts";
import type { Client } from "../../../../shared/ipc/client.ts";
import type { Args, CommandName, Reply } from "../../../../shared/ipc/contract.ts";
import {
  initialState,
  type AppState,
  type RoomSummary,
  type SignedIn,
} from "../../../../shared/state/app-state.ts";
import { views, type View } from "../../../../shared/state/views.ts";

type Answers = { [N in CommandName]?: (args: Args<N>) => Reply<N> | Promise<Reply<N>> };

/** The main process as the home window sees it: notes what it is asked, answers as told, and its state can change. */
export class FakeMain implements Client {
  readonly asked: (readonly [CommandName, unknown])[] = [];
  readonly #answers: Answers;
  #state = $state.raw<AppState>(initialState);

  constructor(state: Partial<AppState> = {}, answers: Answers = {}) {
    this.change(state);
    this.#answers = answers;
  }

  change(state: Partial<AppState>): void {
    this.#state = { ...this.#state, ...state };
  }

  get current(): View<"home"> {
    return views.home(this.#state);
  }

  async call<N extends CommandName>(name: N, args: Args<N>): Promise<Reply<N>> {
    this.asked.push([name, args]);
    const answer = this.#answers[name];
    // Seam: a command that the test gives no answer to has none to give (its reply is void).
    return answer ? answer(args) : (undefined as Reply<N>);
  }

  on(): () => void {
    return () => {};
  }
}

export const refused = (code: ErrorCode) => () => Promise.reject(new AppError(code));

export const alice: SignedIn = {
  phase: "signed-in",
  user: "@alice:example.org",
  device: "PHONE",
  name: "Alice",
  avatar: null,
  homeserver: "https://matrix.example.org",
  sync: "live",
};

export const room = (name: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
  id: `!${name}:example.org`,
  name,
  avatar: null,
  direct: null,
  encrypted: true,
  memberCount: 3,
  canCall: true,
  call: null,
  others: [],
  activeAt: 0,
  ...more,
});
