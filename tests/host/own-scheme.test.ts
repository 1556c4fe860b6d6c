import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

let fixture: Fixture;
beforeAll(async () => void (fixture = await launchFixture()));
afterAll(() => fixture.stop());

test("the handler is asked by the app's own addresses", async () => {
  expect(await fixture.events()).toContain("request GET app://fixture/page.js");
  expect(await fixture.main("fixture.first.webContents.getURL()")).toBe("app://fixture/index.html");
});

test("the origin is secure, so pages have devices, storage and cryptography", async () => {
  expect(
    await fixture.page(
      "[isSecureContext, typeof navigator.mediaDevices, typeof indexedDB, typeof crypto.subtle]",
    ),
  ).toEqual([true, "object", "object", "object"]);
});

test("the origin is the same after a reload, and its storage with it", async () => {
  await fixture.page("localStorage.setItem('kept', 'yes')");
  await fixture.main(`new Promise((loaded) => {
    fixture.first.webContents.once("did-finish-load", () => loaded());
    fixture.first.webContents.reload();
  })`);
  expect(await fixture.page("localStorage.getItem('kept')")).toBe("yes");
});

test("module scripts and module workers with imports run under a strict policy", async () => {
  expect(await fixture.page("fromWorker")).toBe(42);
});

test("the policy holds: no inline script, no blob worker, no foreign connection", async () => {
  await fixture.page(`(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))).addEventListener("error", () => {});
    fetch("https://example.org/").catch(() => {});
  })()`);
  await eventually(() => fixture.page("violations.toSorted()")).toEqual([
    "connect-src",
    "script-src-elem",
    "worker-src",
  ]);
  expect(await fixture.page("typeof ran")).toBe("undefined");
});

test("bodies go both ways, also as streams, and what is not there is not found", async () => {
  expect(await fixture.page("fetch('/stream').then((r) => r.text())")).toBe("part part part ");
  expect(await fixture.page("fetch('/echo', { method: 'POST', body: 'hello' }).then((r) => r.text())")).toBe(
    "hello",
  );
  expect(await fixture.page("fetch('/nothing').then((r) => r.status)")).toBe(404);
});

test("an address that nobody serves fails to load", async () => {
  await fixture.main("void (fixture.lost = await fixture.open())");
  await expect(fixture.main("fixture.lost.loadURL('http://127.0.0.1:1/')")).rejects.toThrow("ERR_");
  await fixture.main("fixture.lost.destroy()");
});
