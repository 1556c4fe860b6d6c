import type { Page } from "@playwright/test";

import { callButton } from "../support/call-window.ts";
import { freshName, makeRoom, signUp, type Person } from "../support/people.ts";
import { expect, test, type Caller } from "./fixtures.ts";

/** The page of a window, and what main says of it. */
async function opened({ app, home }: Caller) {
  await expect(home.getByRole("textbox", { name: "Search people and rooms" })).toBeVisible();
  return app.electron.browserWindow(home);
}

test("a window goes nowhere else, and opens nothing", async ({ caller }) => {
  const alice = await caller("alice");
  const opener = await opened(alice);
  const urlOf = () => opener.evaluate(({ webContents }) => webContents.getURL());
  const before = await urlOf();
  for (const target of ["https://example.org/", "/call/index.html"]) {
    const refused = opener.evaluate(
      ({ webContents }) =>
        new Promise<boolean>((resolve) =>
          webContents.once("will-navigate", (event: { defaultPrevented: boolean }) =>
            resolve(event.defaultPrevented),
          ),
        ),
    );
    await alice.home.evaluate((url) => {
      const link = Object.assign(document.createElement("a"), { href: url });
      document.body.append(link);
      link.click();
      link.remove();
    }, target);
    expect(await refused).toBe(true);
    expect(await urlOf()).toBe(before);
  }
  expect(await alice.home.evaluate(() => window.open("https://example.org/") === null)).toBe(true);
  expect(await alice.home.evaluate(() => window.open("/call/index.html") === null)).toBe(true);
  expect(alice.app.electron.windows()).toHaveLength(1);
});

test("the home window may use camera and microphone, and neither screens nor notifications", async ({
  caller,
}) => {
  const alice = await caller("alice");
  await opened(alice);
  const outcomes = await alice.home.evaluate(async () => {
    const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error));
    const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const kinds = media.getTracks().map(({ kind }) => kind);
    for (const track of media.getTracks()) track.stop();
    return {
      media: kinds.toSorted(),
      screen: await navigator.mediaDevices.getDisplayMedia({ video: true }).then(() => "given", nameOf),
      notification: await Notification.requestPermission(),
    };
  });
  expect(outcomes).toEqual({
    media: ["audio", "video"],
    screen: "NotAllowedError",
    notification: "denied",
  });
});

test("the call window gets a screen only when one was chosen in our picker", async ({ pair }) => {
  const { alice } = await pair({ direct: true });
  await callButton(alice.home, "Bob").click();
  const call = await alice.app.window("call");
  await expect(call.getByRole("button", { name: "Leave call" })).toBeVisible();
  expect(
    await call.evaluate(() =>
      navigator.mediaDevices.getDisplayMedia({ video: true }).then(
        () => "given",
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      ),
    ),
  ).toBe("NotAllowedError");
});

const policyOf = (page: Page, path: string) =>
  page.evaluate(async (path) => (await fetch(path)).headers.get("content-security-policy") ?? "", path);

/** What the page's policy refuses when this is done in it. */
const refusedBy = (page: Page, doing: "inline script" | "fetch" | "frame" | "eval worker") =>
  page.evaluate(
    (doing) =>
      new Promise<string>((resolve) => {
        document.addEventListener(
          "securitypolicyviolation",
          ({ effectiveDirective }) => resolve(effectiveDirective),
          { once: true },
        );
        const add = <K extends "script" | "iframe">(tag: K, what: Partial<HTMLElementTagNameMap[K]>) =>
          document.body.append(Object.assign(document.createElement(tag), what));
        if (doing === "inline script") add("script", { textContent: "document.title = 'owned'" });
        else if (doing === "frame") add("iframe", { src: "https://example.org/" });
        else if (doing === "fetch") void fetch("https://example.org/").catch(() => undefined);
        else void new Worker(URL.createObjectURL(new Blob(["0"], { type: "text/javascript" })));
      }),
    doing,
  );

test("each page has its policy, and only the call window may speak to anybody", async ({ caller }) => {
  const alice = await caller("alice");
  await opened(alice);
  const [home, call] = [
    await policyOf(alice.home, "/home/index.html"),
    await policyOf(alice.home, "/call/index.html"),
  ];
  expect(home).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(home).toMatch(/connect-src 'self'$/);
  expect(call).toMatch(/connect-src 'self' https: wss: /);
  expect(call.replace(/connect-src.*/, "")).toBe(home.replace(/connect-src.*/, ""));
  expect(`${home}${call}`).not.toMatch(/unsafe|\*(?![^;]*$)/);

  expect(await refusedBy(alice.home, "inline script")).toBe("script-src-elem");
  expect(await refusedBy(alice.home, "fetch")).toBe("connect-src");
  expect(await refusedBy(alice.home, "frame")).toBe("frame-src");
  expect(await refusedBy(alice.home, "eval worker")).toBe("worker-src");
});

test("the scheme serves the windows' files and nothing around them", async ({ caller }) => {
  const alice = await caller("alice");
  await opened(alice);
  const ask = (path: string, method = "GET") =>
    alice.home.evaluate(
      async ([path, method]) => {
        const answer = await fetch(path, { method });
        return { status: answer.status, text: await answer.text() };
      },
      [path, method] as const,
    );
  expect((await ask("/home/index.html")).status).toBe(200);
  expect((await ask("/home/index.html", "POST")).status).toBe(405);
  for (const path of [
    "/../../package.json",
    "/%2e%2e/%2e%2e/package.json",
    "/..%2f..%2fpackage.json",
    "/..%2fmain%2fmain.js",
    "/home/..%2f..%2fmain%2fmain.js",
    "/..%5c..%5cpackage.json",
    "/home/index.html%00.js",
    "/%E0%A4%A.js",
    "/home/",
    "/",
    "/avatar/..%2f..%2fhome",
    "/avatar/example.org/%E0%A4%A",
  ])
    expect(await ask(path), path).toEqual({ status: 404, text: "" });
});

test("people's pictures are shown, and what is no picture is not", async ({ stack, caller }) => {
  const alice = await caller("alice");
  const bob = await signUp(stack.homeserver, freshName("bob"));
  const eve = await signUp(stack.homeserver, freshName("eve"));
  await wear(bob, "image/png", PICTURE);
  await wear(eve, "text/html", Buffer.from("<script>document.title = 'owned'</script>"));
  await makeRoom(alice.person, [bob], { direct: true });
  await makeRoom(alice.person, [eve], { direct: true });

  const row = (name: string) => alice.home.getByRole("listitem", { name });
  await expect.poll(() => row("Bob").locator("img").evaluateAll(widths)).toHaveLength(1);
  // Somebody without a picture has a letter.
  await expect(row("Eve")).toContainText(/^E/);
  await expect(row("Eve").locator("img")).toHaveCount(0);
});

/** Of pictures that are there and whole. */
const widths = (images: Element[]) =>
  images.flatMap((image) =>
    image instanceof HTMLImageElement && image.naturalWidth > 0 ? [image.naturalWidth] : [],
  );

/** A red point. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

async function wear(person: Person, type: string, bytes: Buffer): Promise<void> {
  const answer = await fetch(`${person.homeserver.url}/_matrix/media/v3/upload?filename=me`, {
    method: "POST",
    headers: { authorization: `Bearer ${person.accessToken}`, "content-type": type },
    body: new Uint8Array(bytes),
  });
  const { content_uri: url } = (await answer.json()) as { content_uri: string };
  await person.request("PUT", `/v3/profile/${encodeURIComponent(person.userId)}/avatar_url`, {
    avatar_url: url,
  });
}
