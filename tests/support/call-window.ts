import type { Frame, JSHandle, Locator, Page } from "@playwright/test";
import type { BrowserWindow } from "electron";

/** What a person does in Carillon's windows, and what they see and hear there. */

export const callButton = (home: Page, name: string): Locator =>
  home.getByRole("button", { name: `Video call ${name}` });

export const tile = (call: Page, name: string): Locator => call.getByRole("group", { name, exact: true });

export const video = (call: Page, name: string): Locator => tile(call, name).locator("video");

/** Presses a button that closes its own window, which the test tool may take for a press that failed. */
export async function press(window: Page, name: string): Promise<void> {
  await window
    .getByRole("button", { name, exact: true })
    .click()
    .catch((error: unknown) => {
      if (!window.isClosed()) throw error;
    });
}

/** Waits until the picture moves: this many further frames are really decoded, over reconnections too. */
export async function moves(call: Page, name: string, frames = 10): Promise<void> {
  // Unlike `evaluate` it ends: whoever waits for ever learns nothing of the cause.
  await call.waitForFunction(decodes, { name, frames }, { timeout: 90_000 }).catch((cause: unknown) => {
    throw new Error(`the picture of ${name} does not move`, { cause });
  });
}

/** The same by Electron's own hands, for a window whose page the test tool lost when it crashed. */
export const movesIn = (window: JSHandle<BrowserWindow>, name: string, frames = 10): Promise<unknown> =>
  window.evaluate(
    ({ webContents }, code) => webContents.executeJavaScript(code),
    `(${decodes.toString()})(${JSON.stringify({ name, frames })})`,
  );

/** Runs in the page. A new connection brings a new element, or one that counts from 0 again. */
function decodes({ name, frames }: { name: string; frames: number }): Promise<true> {
  return new Promise((resolve) => {
    let before: number | null = null;
    let more = 0;
    const look = () => {
      const tiles = [...document.querySelectorAll('[role="group"]')];
      const video = tiles
        .find((element) => element.getAttribute("aria-label") === name)
        ?.querySelector("video");
      const now = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      if (before !== null && now > before) more += now - before;
      before = now;
      if (more >= frames) resolve(true);
      else setTimeout(look, 20);
    };
    look();
  });
}

/** Waits until sound of somebody else is really audible in this window: energy in what an audio element plays. */
export async function hears(call: Page | Frame): Promise<void> {
  await call.waitForFunction(async () => {
    const playing = [...document.querySelectorAll("audio")].filter(
      ({ srcObject }) => srcObject instanceof MediaStream && srcObject.getAudioTracks().length > 0,
    );
    for (const { srcObject } of playing) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(srcObject as MediaStream).connect(analyser);
      await context.resume();
      const samples = new Float32Array(analyser.fftSize);
      // The fake microphone beeps once a second.
      const loud = await new Promise<boolean>((resolve) => {
        const until = context.currentTime + 2;
        const look = () => {
          analyser.getFloatTimeDomainData(samples);
          if (samples.some((sample) => Math.abs(sample) > 0.02)) resolve(true);
          else if (context.currentTime > until) resolve(false);
          else setTimeout(look, 20);
        };
        look();
      });
      await context.close();
      if (loud) return true;
    }
    return false;
  });
}
