// Calls between the two worlds of one document, by contextBridge's rules: synchronous, values copied, functions and
// promises proxied. The worlds share only the DOM, so a call is an event named by a secret of theirs; Chromium clones
// its `detail` between worlds. What the page could patch later is taken now.
function makeBus(target, outgoing, incoming) {
  const { addEventListener, dispatchEvent } = EventTarget.prototype;
  const detailOf = Object.getOwnPropertyDescriptor(CustomEvent.prototype, "detail").get;
  const taken = { CustomEvent, Error, Map, Promise, TypeError };
  const functions = new taken.Map();
  const promises = new taken.Map();
  const returned = new taken.Map();
  let handlers = {};
  let lastId = 0;

  const emit = (detail) => {
    Reflect.apply(dispatchEvent, target, [new taken.CustomEvent(outgoing, { detail })]);
  };

  const isPlain = (value) => {
    if (Object.prototype.toString.call(value) !== "[object Object]") return false;
    const made = Object.getPrototypeOf(value)?.constructor;
    // A class instance loses its prototype, as in Electron; a native object (Blob, MediaStream) is left to cloning.
    return (
      made === undefined || made === Object || !/\[native code\]/.test(Function.prototype.toString.call(made))
    );
  };

  const pack = (value, depth = 0) => {
    if (depth > 1000)
      throw new taken.TypeError(
        "Electron contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.",
      );
    if (typeof value === "function") {
      functions.set(++lastId, value);
      return ["function", lastId];
    }
    if (typeof value === "symbol") throw new taken.TypeError("An object could not be cloned.");
    if (typeof value !== "object" || value === null) return ["value", value];
    if (value instanceof taken.Promise) {
      const id = ++lastId;
      value.then(
        (result) => emit({ kind: "settled", id, ok: true, value: pack(result) }),
        (error) => emit({ kind: "settled", id, ok: false, value: pack(error) }),
      );
      return ["promise", id];
    }
    if (Array.isArray(value)) return ["array", value.map((item) => pack(item, depth + 1))];
    if (Object.prototype.toString.call(value) === "[object Error]") return ["error", value.message];
    if (isPlain(value))
      return ["object", Object.keys(value).map((key) => [key, pack(value[key], depth + 1)])];
    return ["value", value];
  };

  const unpack = ([kind, part]) => {
    switch (kind) {
      case "function":
        return (...args) => remote({ kind: "function", id: part }, args);
      case "promise":
        return new taken.Promise((resolve, reject) => promises.set(part, { resolve, reject }));
      case "error":
        return new taken.Error(part);
      case "array":
        return part.map(unpack);
      case "object":
        return Object.fromEntries(part.map(([key, item]) => [key, unpack(item)]));
      default:
        return part;
    }
  };

  const remote = (call, args) => {
    const callId = ++lastId;
    emit({ ...call, callId, args: args.map((item) => pack(item)) });
    const result = returned.get(callId);
    returned.delete(callId);
    // Chromium drops the detail of an event that it cannot clone.
    if (result === undefined) throw new taken.Error("An object could not be cloned.");
    const value = unpack(result.value);
    if (!result.ok) throw value;
    return value;
  };

  const receive = (message) => {
    if (message.kind === "returned") {
      returned.set(message.callId, message);
    } else if (message.kind === "settled") {
      const promise = promises.get(message.id);
      promises.delete(message.id);
      const value = unpack(message.value);
      if (message.ok) promise?.resolve(value);
      else promise?.reject(value);
    } else {
      const { callId } = message;
      let answer;
      try {
        const call = message.kind === "function" ? functions.get(message.id) : handlers[message.id];
        answer = { kind: "returned", callId, ok: true, value: pack(call(...message.args.map(unpack))) };
      } catch (error) {
        answer = { kind: "returned", callId, ok: false, value: ["error", error?.message ?? String(error)] };
      }
      emit(answer);
    }
  };

  Reflect.apply(addEventListener, target, [
    incoming,
    (event) => {
      event.stopImmediatePropagation();
      const detail = Reflect.apply(detailOf, event, []);
      if (detail) receive(detail);
    },
  ]);
  return {
    serve: (served) => void (handlers = served),
    call: (name, ...args) => remote({ kind: "handler", id: name }, args),
  };
}
