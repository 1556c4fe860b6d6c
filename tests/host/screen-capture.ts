import { BrowserWindow } from "./browser-window.ts";
import { captureMark } from "./chromium.ts";
import { headful } from "./launch.ts";
import { modelled } from "./modelled.ts";
import { NativeImage } from "./native-image.ts";
import { Page, type PageListener } from "./page.ts";
import { chooseDisplay } from "./session.ts";
import { pageOf, type WebContents } from "./web-contents.ts";

export interface DesktopCapturerSource {
  id: string;
  name: string;
  display_id: string;
  thumbnail: NativeImage;
  appIcon: NativeImage;
}

interface SourcesOptions {
  types: ("screen" | "window")[];
  thumbnailSize?: { width: number; height: number };
  fetchWindowIcons?: boolean;
}

const none = new NativeImage(Buffer.alloc(0));

/** The app's own windows and one screen. */
export const desktopCapturer = modelled("desktopCapturer", {
  async getSources({ types, thumbnailSize }: SourcesOptions): Promise<DesktopCapturerSource[]> {
    const { width, height } = thumbnailSize ?? { width: 150, height: 150 };
    const thumbnail = (page: Page) => (width * height === 0 ? none : shrunk(page, width, height));
    const sources: DesktopCapturerSource[] = [];
    if (types.includes("screen")) {
      const picture = headful ? none : await thumbnail(await screenPage());
      const name = "Entire screen";
      sources.push({ id: "screen:0:0", name, display_id: "1", thumbnail: picture, appIcon: none });
    }
    if (!types.includes("window")) return sources;
    // What is not on the screen cannot be captured; Electron leaves it out too.
    for (const window of BrowserWindow.getAllWindows().filter((one) => one.isVisible())) {
      const picture = await thumbnail(pageOf(window.webContents));
      const [id, name] = [window.getMediaSourceId(), window.getTitle()];
      sources.push({ id, name, display_id: "", thumbnail: picture, appIcon: none });
    }
    return sources;
  },
});

async function shrunk(page: Page, width: number, height: number): Promise<NativeImage> {
  const { cssVisualViewport: view } = await page.cdp.send("Page.getLayoutMetrics");
  const scale = Math.min(width / view.clientWidth, height / view.clientHeight, 1);
  const clip = { x: 0, y: 0, width: view.clientWidth, height: view.clientHeight, scale };
  const { data } = await page.cdp.send("Page.captureScreenshot", { format: "png", clip });
  return new NativeImage(Buffer.from(data, "base64"));
}

const unheard = () => undefined;
const deaf: PageListener = {
  message: unheard,
  console: unheard,
  navigated: unheard,
  navigatedWithin: unheard,
  domReady: unheard,
  loaded: unheard,
  navigating: () => true,
  opened: unheard,
  crashed: unheard,
  gone: unheard,
};

let screen: Promise<Page> | undefined;

/** Headless Chromium has no screen: a page of the stand-in's, with a moving picture, is it. */
function screenPage(): Promise<Page> {
  screen ??= (async () => {
    const page = new Page({ backgroundThrottling: false }, { width: 1280, height: 720 }, deaf);
    await page.attached;
    await page.evaluate(
      `document.title = "Screen";
       document.body.style.cssText = "background: #08f; font: 120px monospace";
       setInterval(() => { document.body.textContent = String(Date.now()) }, 100); 0`,
      false,
    );
    return page;
  })();
  return screen;
}

let capture: { readonly page: Page; readonly title: unknown } | undefined;

/** Asks the app what to show and leads Chromium's own choice there, by a mark in the title of the chosen page. */
export async function beginCapture(
  contents: WebContents,
  wanted: { video: boolean; audio: boolean },
): Promise<{ audio: boolean } | null> {
  const streams = await chooseDisplay(contents, wanted);
  const id = streams?.video?.id;
  if (id === undefined) return null;
  const window = BrowserWindow.getAllWindows().find((one) => one.getMediaSourceId() === id);
  const page = window === undefined ? await screenPage() : pageOf(window.webContents);
  if (window === undefined && !id.startsWith("screen:")) return null;
  if (!headful) {
    const title = await page.evaluate("document.title", false);
    capture = { page, title };
    await page.evaluate(`void (document.title = ${JSON.stringify(captureMark)})`, false);
  }
  return { audio: streams?.audio !== undefined };
}

export async function endCapture(): Promise<true> {
  const { page, title } = capture ?? {};
  capture = undefined;
  await page?.evaluate(`void (document.title = ${JSON.stringify(title)})`, false);
  return true;
}
