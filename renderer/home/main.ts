import { mount } from "svelte";

import "../common/theme.css";
import "../common/menu.css";
import { windowClient } from "../common/context.ts";
import { Mirror } from "../common/mirror.svelte.ts";
import { Sound } from "../common/sound.ts";
import { Devices, openPreview } from "../media/devices.svelte.ts";
import Home from "./Home.svelte";
import { openScanner } from "./identity/scanner.ts";
import type { HomeMedia } from "./media.ts";

const client = windowClient();
const target = document.querySelector("#app");
if (target === null) throw new Error("home/index.html has no #app");

const media: HomeMedia = {
  openDevices: () => new Devices(),
  openPreview,
  openScanner,
  openSound: (score, volume) => new Sound(score, volume),
};

mount(Home, { target, props: { client, mirror: new Mirror<"home">(client), media } });
