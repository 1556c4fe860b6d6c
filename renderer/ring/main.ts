import { mount } from "svelte";

import "../common/theme.css";
import { windowClient } from "../common/context.ts";
import { Mirror } from "../common/mirror.svelte.ts";
import { Devices } from "../media/devices.svelte.ts";
import Ring from "./Ring.svelte";
import { TuneRinger } from "./ringer.ts";

const client = windowClient();
const target = document.querySelector("#app");
if (target === null) throw new Error("ring/index.html has no #app");

mount(Ring, {
  target,
  props: { client, mirror: new Mirror<"ring">(client), ringer: new TuneRinger(), devices: new Devices() },
});
