// Runs in the preload's isolated world of every new document. BINDING reaches the main process from this world alone.
(() => {
  const binding = globalThis[BINDING];
  delete globalThis[BINDING];
  if (window.top !== window || location.href === "about:blank") return;
  const post = (message) => binding(JSON.stringify(message));
  const bus = makeBus(document, `${SECRET}-isolated`, `${SECRET}-main`);

  const waiting = new Map();
  let lastId = 0;
  const request = (message) =>
    new Promise((resolve) => {
      waiting.set(++lastId, resolve);
      post({ ...message, id: lastId });
    });
  bus.serve({ ask: (what, details) => request({ kind: "ask", what, body: encode(details) }) });

  const listeners = new Map();
  const listenersOf = (channel) => listeners.get(channel) ?? [];
  const refusing = (name, members) =>
    new Proxy(members, {
      get(target, key) {
        if (typeof key === "symbol" || key in target || key === "then") return target[key];
        throw new Error(`${name}.${key} is not modelled by the stand-in for Electron (tests/host/README.md)`);
      },
    });
  const ipcRenderer = refusing("ipcRenderer", {
    send: (channel, ...args) => post({ kind: "send", channel, body: encode(args) }),
    async invoke(channel, ...args) {
      const reply = await request({ kind: "invoke", channel, body: encode(args) });
      if (reply.error !== undefined)
        throw new Error(`Error invoking remote method '${channel}': ${reply.error}`);
      return reply.value;
    },
    on(channel, listener) {
      listeners.set(channel, [...listenersOf(channel), listener]);
      return ipcRenderer;
    },
    once(channel, listener) {
      const first = (...args) => {
        ipcRenderer.off(channel, first);
        listener(...args);
      };
      first.listener = listener;
      return ipcRenderer.on(channel, first);
    },
    off(channel, listener) {
      const at = listenersOf(channel).findLastIndex((one) => one === listener || one.listener === listener);
      listeners.set(channel, listenersOf(channel).toSpliced(at, at < 0 ? 0 : 1));
      return ipcRenderer;
    },
    removeAllListeners(channel) {
      if (channel === undefined) listeners.clear();
      else listeners.delete(channel);
      return ipcRenderer;
    },
    listenerCount: (channel) => listenersOf(channel).length,
    addListener: (channel, listener) => ipcRenderer.on(channel, listener),
    removeListener: (channel, listener) => ipcRenderer.off(channel, listener),
  });

  const receive = (text) => {
    const message = JSON.parse(text);
    if (message.kind === "reply") {
      waiting.get(message.id)?.(decode(message.body));
      waiting.delete(message.id);
      return;
    }
    const event = { sender: ipcRenderer, senderId: 0, ports: [] };
    for (const listener of listenersOf(message.channel)) {
      try {
        listener(event, ...decode(message.body));
      } catch (error) {
        reportError(error);
      }
    }
  };
  Object.defineProperty(globalThis, RECEIVER, { value: receive });
  let title;
  const tellTitle = () => {
    if (document.title !== title) post({ kind: "title", title: (title = document.title) });
  };
  addEventListener("DOMContentLoaded", () => {
    tellTitle();
    new MutationObserver(tellTitle).observe(document.head, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  addEventListener("focus", () => post({ kind: "focus", on: true }));
  addEventListener("blur", () => post({ kind: "focus", on: false }));

  const contextBridge = refusing("contextBridge", {
    exposeInMainWorld: (key, api) => bus.call("expose", key, api),
  });
  const modules = { electron: { contextBridge, ipcRenderer } };
  const require = (name) => {
    const found = modules[name.replace(/^electron\/(renderer|common)$/, "electron")];
    if (found === undefined) throw new Error(`module not found: ${name}`);
    return found;
  };
  const process = Object.freeze({ ...PROCESS, type: "renderer", sandboxed: true, contextIsolated: true });
  const preload = function (require, process, exports, module) {
    /* PRELOAD */
  };
  try {
    const module = { exports: {} };
    preload(require, process, module.exports, module);
  } catch (error) {
    console.error("Unable to load preload script:", error);
    post({ kind: "preload-error", message: error?.message ?? String(error), stack: error?.stack });
  }
})();
