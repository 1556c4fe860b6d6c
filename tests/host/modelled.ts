import { EventEmitter } from "node:events";

/** Names that runtimes look for on any object: `await`, `JSON.stringify`, matchers, inspectors. */
const probed = new Set(["then", "toJSON", "asymmetricMatch", "nodeType", "domain", "$$typeof"]);

function refusing<T extends object>(prototype: T, owner?: string): T {
  return new Proxy(prototype, {
    get(target, key, receiver) {
      if (typeof key === "symbol" || key in target || probed.has(key)) {
        return Reflect.get(target, key, receiver);
      }
      const name = owner ?? Object.getPrototypeOf(receiver)?.constructor?.name ?? "electron";
      throw new Error(`${name}.${key} is not modelled by the stand-in for Electron (tests/host/README.md)`);
    },
  });
}

/** An emitter that throws when a member is read that it does not have: nothing unmodelled passes silently. */
export class Modelled<Events extends Record<keyof Events, unknown[]>> extends EventEmitter<Events> {}
Object.setPrototypeOf(Modelled.prototype, refusing(EventEmitter.prototype));

/** The same for a plain object of functions. */
export function modelled<T extends object>(owner: string, members: T): T {
  return Object.setPrototypeOf(members, refusing(Object.prototype, owner));
}
