import type { AppWindow, IpcPort } from "../../electron/ipc/ports.ts";
import { serve, type Handlers } from "../../electron/ipc/serve.ts";
import type { Bridge, Envelope } from "../../shared/ipc/bridge.ts";
import type { WindowRole } from "../../shared/window-role.ts";
import { collectLog } from "./collect-log.ts";

/** A main and its windows in one process. Payloads are cloned, as Electron does, so nothing uncloneable slips by. */
export function fakeIpc(handlers: Handlers) {
  let handle: (caller: AppWindow | undefined, command: unknown, args: unknown) => Promise<Envelope> = () =>
    Promise.reject(new Error("nothing serves"));
  const ipc: IpcPort = {
    handle: (serving) => {
      handle = serving;
    },
  };
  const { log, lines } = collectLog();
  serve(handlers, ipc, log);

  function open(role: WindowRole, trusted = true): { window: AppWindow; bridge: Bridge } {
    const listeners = new Set<(topic: string, payload: unknown) => void>();
    const window: AppWindow = {
      role,
      post: (topic, payload) => listeners.forEach((listener) => listener(topic, structuredClone(payload))),
    };
    const bridge: Bridge = {
      invoke: async (command, args) =>
        structuredClone(await handle(trusted ? window : undefined, command, structuredClone(args))),
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    return { window, bridge };
  }

  return { open, lines };
}
