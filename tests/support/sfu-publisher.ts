import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
} from "@livekit/rtc-node";

import { openIdToken, type Person } from "./people.ts";

const [WIDTH, HEIGHT, FRAME_MS] = [320, 240, 66];
const [RATE, SAMPLES] = [48_000, 480];

/** Somebody who sends a moving picture and a tone on an SFU, in clear. */
interface Publisher {
  leave(): Promise<void>;
}

/** Asks the authorization service at `service` for leave, as somebody with a legacy membership does, and publishes on its SFU. */
export async function publishOn(service: string, person: Person, room: string): Promise<Publisher> {
  const response = await fetch(`${service}/sfu/get`, {
    method: "POST",
    body: JSON.stringify({ room, device_id: person.deviceId, openid_token: await openIdToken(person) }),
  });
  // The answer of our own service.
  const { url, jwt } = (await response.json()) as { url: string; jwt: string };
  const connected = new Room();
  await connected.connect(url, jwt, { autoSubscribe: false, dynacast: false });

  const [camera, microphone] = [new VideoSource(WIDTH, HEIGHT), new AudioSource(RATE, 1)];
  const publish = (track: LocalVideoTrack | LocalAudioTrack, source: TrackSource) =>
    connected.localParticipant?.publishTrack(track, new TrackPublishOptions({ source }));
  await publish(LocalVideoTrack.createVideoTrack("camera", camera), TrackSource.SOURCE_CAMERA);
  await publish(LocalAudioTrack.createAudioTrack("microphone", microphone), TrackSource.SOURCE_MICROPHONE);

  const sending = { on: true };
  let [frames, samples] = [0, 0];
  const pictures = setInterval(() => {
    // Grey of I420, with a bar that wanders.
    const data = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
    const row = (frames++ * 4) % (HEIGHT - 16);
    data.fill(235, row * WIDTH, (row + 16) * WIDTH);
    camera.captureFrame(new VideoFrame(data, WIDTH, HEIGHT, VideoBufferType.I420));
  }, FRAME_MS);
  const sounding = (async () => {
    while (sending.on) {
      const tone = Int16Array.from({ length: SAMPLES }, (_, i) =>
        Math.round(8_000 * Math.sin((2 * Math.PI * 440 * (samples + i)) / RATE)),
      );
      samples += SAMPLES;
      // Waits while enough is queued.
      await microphone.captureFrame(new AudioFrame(tone, RATE, 1, SAMPLES));
    }
  })();

  return {
    async leave() {
      sending.on = false;
      clearInterval(pictures);
      await sounding;
      await connected.disconnect();
    },
  };
}
