import * as v from "valibot";

import { AppError, codeOf } from "../../shared/errors.ts";
import { commands, type Args, type CommandName, type Reply } from "../../shared/ipc/contract.ts";
import type { Log } from "../log.ts";
import type { AppWindow, IpcPort } from "./ports.ts";

export type Handlers = {
  readonly [N in CommandName]: (args: Args<N>, caller: AppWindow) => Reply<N> | Promise<Reply<N>>;
};

/** Lets windows run commands: known frame, known command, allowed role, well-formed arguments; then the handler. */
export function serve(handlers: Handlers, ipc: IpcPort, log: Log): void {
  ipc.handle(async (caller, command, args) => {
    try {
      if (!caller || !isCommand(command) || !commands[command].from.includes(caller.role))
        throw new AppError("denied");
      return { ok: true, value: await run(handlers, command, args, caller) };
    } catch (error) {
      const what = isCommand(command) ? command : "unknown command";
      log.warn(`${caller?.role ?? "stranger"}: ${what}: ${codeOf(error)}`, error);
      return { ok: false, code: codeOf(error) };
    }
  });
}

function run<N extends CommandName>(handlers: Handlers, name: N, args: unknown, caller: AppWindow) {
  const parsed = v.safeParse(commands[name].args, args);
  // The detail names where the arguments are wrong, never what they are: a password may be among them.
  if (!parsed.success)
    throw new AppError(
      "malformed",
      parsed.issues.map((issue) => v.getDotPath(issue) ?? issue.type).join(", "),
    );
  // The schema of `name` gave this output; TypeScript cannot tie an indexed schema to its own output type.
  return handlers[name](parsed.output as Args<N>, caller);
}

const isCommand = (name: unknown): name is CommandName =>
  typeof name === "string" && Object.hasOwn(commands, name);
