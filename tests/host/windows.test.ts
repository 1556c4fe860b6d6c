import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

let fixture: Fixture;
beforeAll(async () => void (fixture = await launchFixture()));
afterAll(() => fixture.stop());

test("a window that refuses to close stays, and goes once it agrees", async () => {
  await fixture.main("void (fixture.second = await fixture.open({ title: 'Second' }))");
  await fixture.main("fixture.prevent.add(fixture.second.id)");
  await fixture.main("fixture.second.close()");
  expect(await fixture.main("fixture.second.isDestroyed()")).toBe(false);
  await fixture.page("window.close()", "fixture.second");
  await eventually(() => fixture.main("fixture.events.filter((e) => e.startsWith('close')).length")).toBe(2);
  expect(await fixture.page("1 + 1", "fixture.second")).toBe(2);
  await fixture.main("fixture.prevent.clear()");
  await fixture.main("fixture.second.close()");
  expect(
    await fixture.main("[fixture.second.isDestroyed(), fixture.second.webContents.isDestroyed()]"),
  ).toEqual([true, true]);
  expect(await fixture.main("electron.BrowserWindow.getAllWindows().length")).toBe(1);
});

test("a page runs its last handlers when its window closes", async () => {
  await fixture.main("void (fixture.last = await fixture.open())");
  await fixture.page(
    "void addEventListener('pagehide', () => navigator.sendBeacon('/echo', 'bye'))",
    "fixture.last",
  );
  await fixture.main("fixture.last.close()");
  await eventually(() => fixture.events()).toContain("request POST app://fixture/echo");
});

test("a window that refuses to close keeps the app from quitting", async () => {
  await fixture.main("fixture.prevent.add(fixture.first.id)");
  await fixture.main("electron.app.quit()");
  expect(await fixture.page("1 + 1")).toBe(2);
  await fixture.main("fixture.prevent.clear()");
});

const visibility = (window: string) => fixture.page("document.visibilityState", window);
/** How often a timer of 20 ms fires in a second of the page's own clock. */
const ticksInASecond = (window: string) =>
  fixture.page(
    `new Promise((done) => {
      let ticks = 0;
      const start = performance.now();
      const timer = setInterval(() => {
        ticks++;
        if (performance.now() - start < 1000) return;
        clearInterval(timer);
        done(ticks);
      }, 20);
    })`,
    window,
  );

test("a minimized window is hidden and its timers are held back; restored, it is as before", async () => {
  await fixture.main("fixture.first.minimize()");
  await eventually(() => visibility("fixture.first")).toBe("hidden");
  expect(await fixture.main("[fixture.first.isMinimized(), fixture.first.isVisible()]")).toEqual([
    true,
    false,
  ]);
  const hidden = Number(await ticksInASecond("fixture.first"));
  await fixture.main("fixture.first.restore()");
  await eventually(() => visibility("fixture.first")).toBe("visible");
  expect(await fixture.main("[fixture.first.isMinimized(), fixture.first.isVisible()]")).toEqual([
    false,
    true,
  ]);
  const shown = Number(await ticksInASecond("fixture.first"));
  expect(shown).toBeGreaterThan(2 * hidden);
});

test("a window without background throttling runs on while it is minimized", async () => {
  await fixture.main(
    "void (fixture.eager = await fixture.open({ webPreferences: { backgroundThrottling: false } }))",
  );
  await fixture.main("fixture.eager.minimize()");
  await fixture.main("fixture.first.minimize()");
  await eventually(() => visibility("fixture.first")).toBe("hidden");
  expect(await visibility("fixture.eager")).toBe("visible");
  const [eager, throttled] = [await ticksInASecond("fixture.eager"), await ticksInASecond("fixture.first")];
  expect(Number(eager)).toBeGreaterThan(2 * Number(throttled));
  await fixture.main("fixture.first.restore()");
  await fixture.main("fixture.eager.destroy()");
});

test("a window that starts hidden loads, says so, and can be shown", async () => {
  await fixture.main(`void (fixture.hidden = await fixture.open({ show: false }))`);
  expect(await fixture.main("fixture.hidden.isVisible()")).toBe(false);
  await eventually(() => visibility("fixture.hidden")).toBe("hidden");
  await fixture.main("fixture.hidden.show()");
  await eventually(() => visibility("fixture.hidden")).toBe("visible");
  expect(await fixture.main("fixture.hidden.isFocused()")).toBe(true);
  await fixture.main("fixture.hidden.hide()");
  await eventually(() => visibility("fixture.hidden")).toBe("hidden");
  await fixture.main("fixture.hidden.destroy()");
});

test("a window that is shown inactive is seen, and leaves the focus where it is", async () => {
  await fixture.main("fixture.first.focus()");
  await fixture.main("void (fixture.quiet = await fixture.open({ show: false }))");
  await fixture.main("fixture.quiet.showInactive()");
  expect(await fixture.main("[fixture.quiet.isVisible(), fixture.quiet.isFocused()]")).toEqual([true, false]);
  await fixture.main("fixture.quiet.moveTop()");
  expect(await fixture.main("fixture.first.isFocused()")).toBe(true);
  await fixture.main("fixture.first.blur()");
  await fixture.main("void (fixture.quiet.hide(), fixture.quiet.showInactive())");
  expect(await fixture.main("electron.BrowserWindow.getFocusedWindow()")).toBe(null);
  await fixture.main("fixture.quiet.destroy()");
});

test("a page lives without a preload that cannot be read", async () => {
  await fixture.main(
    "void (fixture.bare = await fixture.open({ webPreferences: { preload: '/no/such/file' } }))",
  );
  expect(await fixture.page("typeof bridge", "fixture.bare")).toBe("undefined");
  await fixture.main("fixture.bare.destroy()");
});

test("a page has the size that its window was given", async () => {
  await fixture.main("fixture.first.setBounds({ width: 500, height: 400 })");
  await eventually(() => fixture.page("[innerWidth, innerHeight]")).toEqual([500, 400]);
  expect(await fixture.main("fixture.first.getSize()")).toEqual([500, 400]);
});

test("a window takes its page's title", async () => {
  await fixture.page("void (document.title = 'Renamed')");
  await eventually(() => fixture.main("fixture.first.getTitle()")).toBe("Renamed");
});

test("a page opens no window: the handler is asked, for scripts and for links", async () => {
  expect(await fixture.page("window.open('https://example.org/script')")).toBe(null);
  await eventually(() => fixture.events()).toContain("window.open https://example.org/script");
  await fixture.page(`void (() => {
    const link = document.body.appendChild(document.createElement("a"));
    Object.assign(link, { href: "https://example.org/link", target: "_blank" });
    link.click();
  })()`);
  await eventually(() => fixture.events()).toContain("window.open https://example.org/link");
  expect(await fixture.main("electron.BrowserWindow.getAllWindows().length")).toBe(1);
});

test("a page that would go elsewhere stays where it is", async () => {
  await fixture.page("void (location.href = 'https://example.org/away')");
  await eventually(() => fixture.events()).toContain("will-navigate https://example.org/away");
  expect(await fixture.main("fixture.first.webContents.getURL()")).toBe("app://fixture/index.html");
});

test("a crashed renderer is reported, and a reload brings page and preload back", async () => {
  await fixture.main("fixture.first.webContents.forcefullyCrashRenderer()");
  await eventually(() => fixture.events()).toContain("gone crashed");
  expect(await fixture.main("fixture.first.webContents.isCrashed()")).toBe(true);
  await fixture.main(`new Promise((loaded) => {
    fixture.first.webContents.once("did-finish-load", () => loaded());
    fixture.first.webContents.reload();
  })`);
  expect(await fixture.page("bridge.invoke('echo', 'again')")).toBe("again");
});

test("a window can be pictured", async () => {
  expect(
    await fixture.main("(await fixture.first.webContents.capturePage()).toPNG().subarray(1, 4).toString()"),
  ).toBe("PNG");
});
