import { afterAll, beforeAll, expect, test } from "vitest";

import { eventually, launchFixture, type Fixture } from "./fixtures/launch.ts";

let fixture: Fixture;
beforeAll(async () => void (fixture = await launchFixture()));
afterAll(() => fixture.stop());

const capture = (constraints: string) =>
  fixture.page(
    `navigator.mediaDevices.getUserMedia(${constraints}).then((s) => s.getTracks().map((t) => t.kind).toSorted(), (e) => e.name)`,
  );
const labels = () =>
  fixture.page(
    "navigator.mediaDevices.enumerateDevices().then((all) => all.filter((d) => d.label !== '').length)",
  );

test("a page gets microphone and camera when the app grants them", async () => {
  expect(await capture("{ audio: true, video: true }")).toEqual(["audio", "video"]);
  expect(await fixture.events()).toContain("permission media audio video");
});

test("the app is told which of them the page wants", async () => {
  expect(await capture("{ audio: true }")).toEqual(["audio"]);
  expect(await fixture.events()).toContain("permission media audio");
});

test("a page gets nothing when the app refuses, and may ask again", async () => {
  await fixture.main("fixture.grant = false");
  expect(await capture("{ audio: true }")).toBe("NotAllowedError");
  await fixture.main("fixture.grant = true");
  expect(await capture("{ audio: true }")).toEqual(["audio"]);
});

test("devices have names only while the app's check allows media", async () => {
  await fixture.main("fixture.grant = false");
  expect(await labels()).toBe(0);
  await fixture.main("fixture.grant = true");
  expect(await labels()).toBeGreaterThan(0);
});

test("full screen asks the app like any permission", async () => {
  await fixture.main("fixture.grant = false");
  expect(await fixture.page("document.body.requestFullscreen().catch((e) => e.name)")).toBe(
    "NotAllowedError",
  );
  expect(await fixture.events()).toContain("permission fullscreen");
  await fixture.main("fixture.grant = true");
});

/** The colour in the middle of what the page captures, once there is a picture. */
const captured = `(async () => {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true }).catch((error) => error.name);
  if (typeof stream === "string") return stream;
  const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true });
  await video.play();
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const look = () => {
    canvas.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  while (look()[1] < 100) await new Promise((next) => video.requestVideoFrameCallback(next));
  const [red, green, blue] = look();
  for (const track of stream.getTracks()) track.stop();
  return { greenish: green > 100 && red < 100 && blue < 100 };
})()`;

test("a page shares nothing that the app did not choose", async () => {
  expect(await fixture.page(captured)).toBe("NotAllowedError");
});

test("a page that shares a window gets that window's picture, and the title is as before", async () => {
  await fixture.main("void (fixture.green = await fixture.open({ width: 400, height: 300 }))");
  await fixture.page(
    "void (document.title = 'Grün', document.documentElement.style.background = 'rgb(0, 160, 0)')",
    "fixture.green",
  );
  await eventually(() => fixture.main("fixture.green.getTitle()")).toBe("Grün");
  const sources = `(await electron.desktopCapturer.getSources({ types: ["window", "screen"], thumbnailSize: { width: 80, height: 80 } }))`;
  expect(
    await fixture.main(
      `${sources}.map((s) => [s.name, s.thumbnail.isEmpty(), s.thumbnail.getSize().width <= 80])`,
    ),
  ).toEqual([
    ["Entire screen", false, true],
    ["Fixture", false, true],
    ["Grün", false, true],
  ]);
  await fixture.main(`void (fixture.share = ${sources}.find((source) => source.name === "Grün"))`);
  expect(await fixture.page(captured)).toEqual({ greenish: true });
  expect(await fixture.page("document.title", "fixture.green")).toBe("Grün");
  expect(await fixture.main("fixture.green.getTitle()")).toBe("Grün");
  await fixture.main("fixture.green.destroy()");
});

test("the screen can be shared too", async () => {
  await fixture.main("fixture.share = { id: 'screen:0:0', name: 'Entire screen' }");
  expect(await fixture.page(captured)).toEqual({ greenish: false });
});
