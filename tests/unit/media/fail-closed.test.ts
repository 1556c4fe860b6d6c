import { expect, test } from "vitest";

import { failClosed } from "../../../renderer/media/fail-closed.ts";

function posting() {
  const posted: { message: unknown; transfer: unknown }[] = [];
  const worker = failClosed({
    postMessage: (message: unknown, transfer?: unknown) => void posted.push({ message, transfer }),
  });
  return { worker, posted };
}

test("an SFU that calls somebody's media unencrypted cannot make them pass in clear", () => {
  const { worker, posted } = posting();
  worker.postMessage({ kind: "enable", data: { enabled: false, participantIdentity: "bob" } }, []);
  expect(posted[0]?.message).toEqual({ kind: "enable", data: { enabled: true, participantIdentity: "bob" } });
});

test("everything else reaches the worker as it is, with what it hands over", () => {
  const { worker, posted } = posting();
  const [message, { port1 }] = [{ kind: "decode", data: { trackId: "t" } }, new MessageChannel()];
  worker.postMessage(message, [port1]);
  expect(posted).toEqual([{ message, transfer: [port1] }]);
  expect(posted[0]?.message).toBe(message);
  port1.close();
});
