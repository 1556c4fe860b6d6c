import { mount } from "svelte";

import "../common/theme.css";
import "../common/menu.css";
import { windowClient } from "../common/context.ts";
import { Mirror } from "../common/mirror.svelte.ts";
import { Sound } from "../common/sound.ts";
import { Devices, openPreview } from "../media/devices.svelte.ts";
import Home from "./Home.svelte";

const client = windowClient();
const target = document.querySelector("#app");
if (target === null) throw new Error("home/index.html has no #app");

mount(Home, {
  target,
  props: {
    client,
    mirror: new Mirror<"home">(client),
    media: {
      openDevices: () => new Devices(),
      openPreview,
      openSound: (score, volume) => new Sound(score, volume),
    },
  },
});
