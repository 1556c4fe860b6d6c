import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

let fixture: Fixture;
beforeAll(async () => void (fixture = await launchFixture()));
afterAll(() => fixture.stop());

const page = (expression: string) => fixture.page(expression);
/** What a page's expression throws or rejects with. */
const thrown = (expression: string) =>
  page(
    `(async () => { try { await (${expression}); } catch (e) { return [e.constructor === Error, e.message]; } })()`,
  );

test("functions of the preload answer at once, with values", async () => {
  expect(await page("bridge.add(20, 22)")).toBe(42);
});

test("promises of the preload settle in the page", async () => {
  expect(await page("bridge.later(1)")).toBe("later 1");
  expect(await thrown("bridge.rejects()")).toEqual([true, "async failure"]);
});

test("what the preload throws arrives as a plain Error with its message", async () => {
  expect(await thrown("bridge.fails()")).toEqual([true, "sync failure"]);
});

test("callbacks of the page are called from the preload", async () => {
  expect(await page("bridge.callBack((value) => value * 2)")).toBe(41);
});

test("values are copied, functions get a new proxy, and class instances lose their prototype", async () => {
  const echoed = `(() => {
    const date = new Date(5), bytes = new Uint8Array([1, 2]), list = [1, { a: new Map([["k", 2n]]) }];
    const back = bridge.echo({ date, bytes, list });
    const f = () => 1;
    return [back.date instanceof Date, back.date.getTime(), back.bytes instanceof Uint8Array, [...back.bytes],
      back.list !== list, back.list[1].a.get("k") === 2n, bridge.echo(f) !== f, bridge.echo(f)(), typeof bridge.point().length];
  })()`;
  expect(await page(echoed)).toEqual([true, 5, true, [1, 2], true, true, true, 1, "undefined"]);
});

test("a symbol cannot cross", async () => {
  expect(await thrown("bridge.echo(Symbol('s'))")).toEqual([
    expect.any(Boolean),
    "An object could not be cloned.",
  ]);
});

test("the exposed object is frozen all the way down", async () => {
  expect(
    await page("[bridge, bridge.nested, bridge.nested.list, bridge.nested.list[1]].map(Object.isFrozen)"),
  ).toEqual([true, true, true, true]);
  expect(await page("(() => { try { bridge = 1; } catch {} return typeof bridge; })()")).toBe("object");
});

test("the page sees nothing of the preload's world but what was exposed", async () => {
  const before = `(() => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const plain = new Set(Object.getOwnPropertyNames(frame.contentWindow));
    frame.remove();
    return Object.getOwnPropertyNames(window).filter((name) => !plain.has(name) && !/^\\d+$/.test(name)).toSorted();
  })()`;
  expect(await page(before)).toEqual(["bridge", "fromWorker"]);
  expect(await page("[typeof require, typeof process, typeof leaked, typeof module]")).toEqual(
    Array.from({ length: 4 }, () => "undefined"),
  );
});

test("a page that patches the DOM's event methods sees no call of the bridge", async () => {
  const spied = `(() => {
    const seen = [], { dispatchEvent, addEventListener } = EventTarget.prototype;
    EventTarget.prototype.dispatchEvent = function (event) { seen.push(event.type); return dispatchEvent.call(this, event); };
    EventTarget.prototype.addEventListener = function (...args) { seen.push(args[0]); return addEventListener.apply(this, args); };
    const sum = bridge.add(1, 1);
    Object.assign(EventTarget.prototype, { dispatchEvent, addEventListener });
    return [sum, seen];
  })()`;
  expect(await page(spied)).toEqual([2, []]);
});

test("a sandboxed preload can require Electron and nothing of Node", async () => {
  expect(await page("bridge.required('electron')")).toBe("object");
  expect(await thrown("bridge.required('node:fs')")).toEqual([true, "module not found: node:fs"]);
});

test("what the stand-in does not model throws in the preload too", async () => {
  expect(await thrown("bridge.unmodelled()")).toEqual([
    true,
    expect.stringContaining("ipcRenderer.sendSync is not modelled"),
  ]);
});

test("invoke brings structured values to the main process and back", async () => {
  const echoed = `bridge.invoke("echo", { at: new Date(7), bytes: new Uint8Array([3, 4]), set: new Set([1]), none: undefined, big: 9n })
    .then((v) => [v.at.getTime(), v.bytes instanceof Uint8Array, [...v.bytes], [...v.set], "none" in v, v.big === 9n])`;
  expect(await page(echoed)).toEqual([7, true, [3, 4], [1], true, true]);
});

test("an error of a handler arrives with Electron's words around its own", async () => {
  expect(await thrown("bridge.invoke('fail')")).toEqual([
    true,
    "Error invoking remote method 'fail': RangeError: no such thing",
  ]);
  expect(await thrown("bridge.invoke('nobody')")).toEqual([
    true,
    "Error invoking remote method 'nobody': Error: No handler registered for 'nobody'",
  ]);
});

test("a handler sees the sending frame at the app's own origin", async () => {
  expect(await page("bridge.invoke('sender')")).toEqual({
    url: "app://fixture/index.html",
    origin: "app://fixture",
    main: true,
  });
});

test("messages go both ways in order, and no more once the page stopped listening", async () => {
  await page(
    "(() => { window.heard = []; window.stop = bridge.listen('tick', (...args) => heard.push(args)); })()",
  );
  await fixture.main("[1, 2, 3].forEach((n) => fixture.first.webContents.send('tick', n, { n }))");
  await eventually(() => page("heard")).toEqual([1, 2, 3].map((n) => [n, { n }]));
  await page("stop()");
  await fixture.main("fixture.first.webContents.send('tick', 4, {})");
  // A round trip later the fourth would have come.
  await page("bridge.invoke('echo', 1)");
  expect(await page("heard.length")).toBe(3);
  await page("bridge.send('say', 'hello')");
  await eventually(() => fixture.events()).toContain("said hello");
});
