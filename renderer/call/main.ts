import { mount } from "svelte";

import "../common/theme.css";
import "../common/menu.css";
import { windowClient } from "../common/context.ts";
import { Mirror } from "../common/mirror.svelte.ts";
import { startRingback } from "../common/ringback.ts";
import { livekit } from "../media/livekit.ts";
import { CallMedia } from "./call.svelte.ts";
import Call from "./Call.svelte";

const client = windowClient();
const target = document.querySelector("#app");
if (target === null) throw new Error("call/index.html has no #app");

const call = new CallMedia({
  client,
  mirror: new Mirror<"call">(client),
  backend: livekit,
  media: navigator.mediaDevices,
  ringback: startRingback,
});
mount(Call, { target, props: { call } });
