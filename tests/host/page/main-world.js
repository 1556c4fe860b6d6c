// Runs in the page's own world before any script of the page. SECRET is known to the two worlds alone.
(() => {
  if (window.top !== window) return;
  const bus = makeBus(document, `${SECRET}-main`, `${SECRET}-isolated`);
  const ask = (what, details) => bus.call("ask", what, details);

  const freeze = (value) => {
    if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
    Object.freeze(value);
    for (const key of Object.keys(value)) freeze(value[key]);
  };
  bus.serve({
    expose(key, api) {
      if (Object.hasOwn(window, key))
        throw new Error("Cannot bind an API on top of an existing property on the window object");
      freeze(api);
      Object.defineProperty(window, key, {
        value: api,
        enumerable: true,
        configurable: false,
        writable: false,
      });
    },
  });

  const wrap = (owner, name, make) => {
    const property = owner && Object.getOwnPropertyDescriptor(owner, name);
    if (property) Object.defineProperty(owner, name, { ...property, value: make(property.value) });
  };
  const refused = () => new DOMException("Permission denied", "NotAllowedError");
  const asking = (permission) => (native) =>
    async function (...args) {
      if (!(await ask("request", { permission, mediaTypes: [] }))) throw refused();
      return native.apply(this, args);
    };

  // What Electron asks the app about, in the order of Electron: the app first, then the native call.
  const devices = globalThis.MediaDevices?.prototype;
  wrap(
    devices,
    "getUserMedia",
    (native) =>
      async function getUserMedia(constraints) {
        const mediaTypes = ["audio", "video"].filter((type) => constraints?.[type]);
        if (mediaTypes.length > 0 && !(await ask("request", { permission: "media", mediaTypes })))
          throw refused();
        return native.call(this, constraints);
      },
  );
  // What a page may know of its devices depends on a state that Chromium is told just before.
  const checked = (native) =>
    async function (...args) {
      await ask("check");
      return native.apply(this, args);
    };
  wrap(devices, "enumerateDevices", checked);
  wrap(globalThis.Permissions?.prototype, "query", checked);
  wrap(
    devices,
    "getDisplayMedia",
    (native) =>
      async function getDisplayMedia(constraints) {
        const wanted = { video: constraints?.video !== false, audio: Boolean(constraints?.audio) };
        const granted = await ask("display", wanted);
        if (!granted) throw refused();
        const video = typeof constraints?.video === "object" ? constraints.video : true;
        const audio = granted.audio && (constraints?.audio || true);
        try {
          return await native.call(this, {
            video,
            audio,
            surfaceSwitching: "exclude",
            selfBrowserSurface: "include",
          });
        } finally {
          void ask("display-done");
        }
      },
  );
  if (globalThis.Notification) {
    wrap(
      Notification,
      "requestPermission",
      (native) =>
        async function requestPermission() {
          await ask("request", { permission: "notifications", mediaTypes: [] });
          return native.call(Notification);
        },
    );
  }
  wrap(Element.prototype, "requestFullscreen", asking("fullscreen"));
  wrap(globalThis.Clipboard?.prototype, "writeText", asking("clipboard-sanitized-write"));
  wrap(globalThis.Clipboard?.prototype, "readText", asking("clipboard-read"));

  window.open = (url) => {
    void ask("open", new URL(url ?? "about:blank", location.href).href);
    return null;
  };
  window.close = () => void ask("close");
})();
