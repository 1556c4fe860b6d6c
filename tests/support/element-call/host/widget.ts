import {
  ClientEvent,
  MatrixEventEvent,
  RoomStateEvent,
  type MatrixClient,
  type MatrixEvent,
  type ReceivedToDeviceMessage,
} from "matrix-js-sdk";
import { ClientWidgetApi, Widget, WidgetApiToWidgetAction, type IWidgetApiRequest } from "matrix-widget-api";

import { asRead, Driver, type DriverOptions, type OnToDevice } from "./driver.ts";

export interface WidgetOptions extends DriverOptions {
  /** Where Element Call lies on this server: its mode. */
  readonly mode: string;
  readonly encrypted: boolean;
  /** As Element Call's address takes it, such as `start_call_dm`. */
  readonly intent: string;
}

export interface HostedWidget {
  /** Ends it as closing its tab would: it is not asked to leave. */
  stop(): void;
}

const ID = "call";

/** Opens Element Call in an iframe, in the way in which a Matrix client hosts a widget. */
export function openWidget(
  client: MatrixClient,
  options: WidgetOptions,
  onToDevice: OnToDevice,
  onClose: () => void,
): HostedWidget {
  const { mode, roomId, encrypted, intent } = options;
  const userId = client.getSafeUserId();
  const parameters = new URLSearchParams({
    widgetId: ID,
    parentUrl: location.href,
    roomId,
    userId,
    deviceId: client.getDeviceId() ?? "",
    baseUrl: client.baseUrl,
    intent,
    skipLobby: "true",
    perParticipantE2EE: String(encrypted),
    lang: "en",
    theme: "dark",
  });
  const url = new URL(`/${mode}/index.html#?${parameters.toString()}`, location.href).href;
  const iframe = document.createElement("iframe");
  iframe.title = "Element Call";
  iframe.allow = "camera; microphone; display-capture; autoplay; clipboard-write; fullscreen";
  iframe.src = url;
  document.body.append(iframe);

  const widget = new Widget({
    id: ID,
    creatorUserId: userId,
    type: "m.custom",
    url,
    waitForIframeLoad: false,
  });
  const driver = new Driver(client, options, onToDevice);
  const api = new ClientWidgetApi(widget, iframe, driver);
  const send = api.transport.send.bind(api.transport);
  api.transport.send = async (action, data) => {
    // Of what is answered only the caller knows the type.
    const answer = await send<typeof data, never>(action, data);
    if (action === WidgetApiToWidgetAction.UpdateState) driver.stateTold();
    return answer;
  };
  api.setViewedRoomId(roomId);
  const answer = (action: string, then = () => {}): void => {
    api.on(`action:${action}`, (event: CustomEvent<IWidgetApiRequest>) => {
      event.preventDefault();
      api.transport.reply(event.detail, {});
      then();
    });
  };
  for (const action of ["io.element.join", "im.vector.hangup", "io.element.device_mute"]) answer(action);
  answer("set_always_on_screen");
  const unfeed = feed(client, api, driver.ready, roomId, onToDevice);
  const stop = (): void => {
    unfeed();
    api.stop();
    iframe.remove();
  };
  answer("io.element.close", () => {
    stop();
    onClose();
  });
  return { stop };
}

/** Tells the widget all that comes by sync. Returns what ends that. */
function feed(
  client: MatrixClient,
  api: ClientWidgetApi,
  ready: Promise<void>,
  roomId: string,
  onToDevice: OnToDevice,
): () => void {
  const told = new Set<string>();
  const tell = (event: MatrixEvent): void => {
    const id = event.getId();
    const waits = event.isBeingDecrypted() || event.shouldAttemptDecryption() || event.isDecryptionFailure();
    if (event.getRoomId() !== roomId || id === undefined || told.has(id) || event.status !== null || waits)
      return;
    told.add(id);
    void ready.then(() => api.feedEvent(asRead(event))).catch(noMore);
  };
  const onEvent = (event: MatrixEvent): void => {
    void client.decryptEventIfNeeded(event).then(() => tell(event));
  };
  const onState = (event: MatrixEvent): void => {
    if (event.getRoomId() === roomId) void api.feedStateUpdate(asRead(event)).catch(noMore);
  };
  const onDevice = ({ message, encryptionInfo }: ReceivedToDeviceMessage): void => {
    onToDevice(message.type, message.sender, encryptionInfo ? [message.content] : []);
    const { type, sender, content } = message;
    void api.feedToDevice({ type, sender, content }, encryptionInfo !== null).catch(noMore);
  };
  client.on(ClientEvent.Event, onEvent);
  client.on(MatrixEventEvent.Decrypted, tell);
  client.on(RoomStateEvent.Events, onState);
  client.on(ClientEvent.ReceivedToDeviceMessage, onDevice);
  return () => {
    client.off(ClientEvent.Event, onEvent);
    client.off(MatrixEventEvent.Decrypted, tell);
    client.off(RoomStateEvent.Events, onState);
    client.off(ClientEvent.ReceivedToDeviceMessage, onDevice);
  };
}

/** A widget that goes away does not answer what it was told last. */
function noMore(): void {}
