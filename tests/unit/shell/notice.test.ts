import fc from "fast-check";
import { expect, test } from "vitest";

import type { RingNotice } from "../../../electron/ports.ts";
import {
  askedOptions,
  missedOptions,
  ringButtons,
  ringOptions,
  tagOf,
} from "../../../electron/shell/notice.ts";

const ring = (more: Partial<RingNotice> = {}): RingNotice => ({
  id: "$ring",
  title: "Bob",
  body: "Video call",
  intent: "video",
  second: false,
  ...more,
});
const labels = (notice: RingNotice) => ringOptions(notice, "linux").actions?.map(({ text }) => text);

test("a video call can be accepted with and without video, or declined", () => {
  expect(labels(ring())).toEqual(["Accept", "Accept without video", "Decline"]);
  expect(ringButtons(ring())).toEqual(["accept-video", "accept-audio", "decline"]);
});

test("an audio call can be accepted or declined", () => {
  expect(labels(ring({ intent: "audio" }))).toEqual(["Accept", "Decline"]);
  expect(ringButtons(ring({ intent: "audio" }))).toEqual(["accept-audio", "decline"]);
});

test("a second call can only be declined from its notification", () => {
  expect(labels(ring({ second: true }))).toEqual(["Decline"]);
});

test("a ring stays on the screen and leaves the sound to us", () => {
  expect(ringOptions(ring(), "linux")).toMatchObject({
    timeoutType: "never",
    urgency: "critical",
    silent: true,
  });
});

test("what somebody asks stays on the screen, without a sound and without buttons", () => {
  const options = askedOptions({ id: "a", title: "Verify Bob\nnow", body: "Bob asks" }, "linux");
  expect(options).toMatchObject({ title: "Verify Bob now", timeoutType: "never", silent: true });
  expect(options.actions).toBeUndefined();
});

test("Windows alone gets a toast, with a button for each action and the notification's own tag", () => {
  const { toastXml, id, actions } = ringOptions(ring(), "win32");
  for (const index of actions?.keys() ?? [])
    expect(toastXml).toContain(`type=action&amp;action=${index}&amp;tag=${id}`);
  expect(ringOptions(ring(), "linux").toastXml).toBeUndefined();
  expect(ringOptions(ring(), "darwin").toastXml).toBeUndefined();
});

test("the body holds no markup for Linux's services, which would show links and pictures", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const body = `<a href="https://x">${name}</a>`;
      expect(ringOptions(ring({ body }), "linux").body).not.toMatch(/[<>]/);
      expect(missedOptions({ id: "$a", title: "Bob", body }, "linux").body).not.toMatch(/[<>]/);
      expect(askedOptions({ id: "$a", title: "Bob", body }, "linux").body).not.toMatch(/[<>]/);
    }),
  );
});

test("a name is one line, whatever was written", () => {
  expect(ringOptions(ring({ title: "Bob\nDecline\u202E" }), "linux").title).toBe("Bob Decline");
});

test("a tag fits Windows, needs no escaping, and is the same for the same event only", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(tagOf(one)).toMatch(/^[\w-]{32}$/);
      expect(tagOf(one) === tagOf(other)).toBe(one === other);
    }),
  );
});

test("a missed call can be called back", () => {
  expect(missedOptions({ id: "$a", title: "Bob", body: "Missed" }, "linux").actions).toEqual([
    { type: "button", text: "Call back" },
  ]);
});
