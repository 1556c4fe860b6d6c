import { expect, it } from "vitest";

import { Mirror } from "../../../../renderer/common/mirror.svelte.ts";
import { createClient } from "../../../../shared/ipc/client.ts";
import { initialState } from "../../../../shared/state/app-state.ts";
import { views } from "../../../../shared/state/views.ts";
import { room } from "../support/fake-main.svelte.ts";

function window() {
  const invoked: string[] = [];
  let push: (topic: string, payload: unknown) => void = () => {};
  const client = createClient({
    invoke: async (command) => {
      invoked.push(command);
      return { ok: true, value: undefined };
    },
    listen: (listener) => {
      push = listener;
      return () => {};
    },
  });
  return { invoked, mirror: new Mirror<"home">(client), push: (payload: unknown) => push("state", payload) };
}

it("listens first, says that it is ready, and knows nothing before the first push", () => {
  const { invoked, mirror } = window();
  expect(invoked).toEqual(["window.ready"]);
  expect(mirror.current).toBeUndefined();
});

it("keeps what a push does not carry", () => {
  const { mirror, push } = window();
  push(views.home(initialState));
  push({ rooms: [room("Choir")] });
  expect(mirror.current).toEqual({ ...views.home(initialState), rooms: [room("Choir")] });
});
