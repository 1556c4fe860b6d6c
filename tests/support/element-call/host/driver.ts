import { MatrixError, type MatrixClient, type MatrixEvent, type Room } from "matrix-js-sdk";
import {
  OpenIDRequestState,
  WidgetDriver,
  type Capability,
  type IOpenIDUpdate,
  type IReadEventRelationsResult,
  type IRoomEvent,
  type IRtcTransportsResult,
  type ISendDelayedEventDetails,
  type ISendEventDetails,
  type IWidgetApiErrorResponseDataDetails,
  type SimpleObservable,
} from "matrix-widget-api";

type Content = Record<string, unknown>;

/** The client's calls that send, for types of events that the SDK's own map does not list. */
interface Sends {
  sendEvent(room: string, type: string, content: Content): Promise<{ event_id: string }>;
  sendStateEvent(room: string, type: string, content: Content, key: string): Promise<{ event_id: string }>;
  _unstable_sendStickyEvent(
    room: string,
    forMs: number,
    thread: null,
    type: string,
    content: Content,
  ): Promise<{ event_id: string }>;
  _unstable_sendDelayedEvent(
    room: string,
    when: { delay: number },
    thread: null,
    type: string,
    content: Content,
  ): Promise<{ delay_id: string }>;
  _unstable_sendStickyDelayedEvent(
    room: string,
    forMs: number,
    when: { delay: number },
    thread: null,
    type: string,
    content: Content,
  ): Promise<{ delay_id: string }>;
  _unstable_sendDelayedStateEvent(
    room: string,
    when: { delay: number },
    type: string,
    content: Content,
    key: string,
  ): Promise<{ delay_id: string }>;
}

/** Hears of each message to devices that the widget sends or gets: of what type, by whom, with what in it. */
export type OnToDevice = (type: string, sender: string, contents: readonly unknown[]) => void;

export interface DriverOptions {
  readonly roomId: string;
  /** What a ring says of how long it rings, in place of Element Call's own 90 s, which cannot be set. */
  readonly ringsForMs?: number;
}

/** What Element Call asks of the app around it, done by the account's own client for the one room. */
export class Driver extends WidgetDriver {
  readonly #client: MatrixClient;
  readonly #sends: Sends;
  readonly #roomId: string;
  readonly #ringsForMs: number | null;
  readonly #onToDevice: OnToDevice;
  /** The widget has the room's state. An event that comes before it makes Element Call give up: it finds no room. */
  readonly ready: Promise<void>;
  readonly stateTold: () => void;

  constructor(client: MatrixClient, { roomId, ringsForMs }: DriverOptions, onToDevice: OnToDevice) {
    super();
    this.#client = client;
    // The widget names the types at run time.
    this.#sends = client as unknown as Sends;
    this.#roomId = roomId;
    this.#ringsForMs = ringsForMs ?? null;
    this.#onToDevice = onToDevice;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.stateTold = resolve;
  }

  get #room(): Room {
    const room = this.#client.getRoom(this.#roomId);
    if (!room) throw new Error("the room is not there");
    return room;
  }

  override async validateCapabilities(requested: Set<Capability>): Promise<Set<Capability>> {
    return requested;
  }

  override async sendEvent(
    type: string,
    content: Content,
    stateKey: string | null = null,
  ): Promise<ISendEventDetails> {
    const sent = await this.#send(type, content, stateKey);
    return { roomId: this.#roomId, eventId: sent.event_id };
  }

  #send(type: string, content: Content, stateKey: string | null): Promise<{ event_id: string }> {
    if (stateKey !== null) return this.#sends.sendStateEvent(this.#roomId, type, content, stateKey);
    if (type === "m.room.redaction")
      return this.#client.redactEvent(this.#roomId, String(content["redacts"]));
    const shorter =
      type === "org.matrix.msc4075.rtc.notification" && this.#ringsForMs !== null
        ? { ...content, lifetime: this.#ringsForMs }
        : content;
    return this.#sends.sendEvent(this.#roomId, type, shorter);
  }

  override async sendStickyEvent(forMs: number, type: string, content: Content): Promise<ISendEventDetails> {
    const sent = await this.#sends._unstable_sendStickyEvent(this.#roomId, forMs, null, type, content);
    return { roomId: this.#roomId, eventId: sent.event_id };
  }

  override async sendDelayedEvent(
    delay: number,
    type: string,
    content: Content,
    stateKey: string | null = null,
  ): Promise<ISendDelayedEventDetails> {
    const room = this.#roomId;
    const sent = await (stateKey === null
      ? this.#sends._unstable_sendDelayedEvent(room, { delay }, null, type, content)
      : this.#sends._unstable_sendDelayedStateEvent(room, { delay }, type, content, stateKey));
    return { roomId: room, delayId: sent.delay_id };
  }

  override async sendDelayedStickyEvent(
    delay: number,
    forMs: number,
    type: string,
    content: Content,
  ): Promise<ISendDelayedEventDetails> {
    const when = { delay };
    const sent = await this.#sends._unstable_sendStickyDelayedEvent(
      this.#roomId,
      forMs,
      when,
      null,
      type,
      content,
    );
    return { roomId: this.#roomId, delayId: sent.delay_id };
  }

  override async cancelScheduledDelayedEvent(id: string): Promise<void> {
    await this.#client._unstable_cancelScheduledDelayedEvent(id);
  }

  override async restartScheduledDelayedEvent(id: string): Promise<void> {
    await this.#client._unstable_restartScheduledDelayedEvent(id);
  }

  override async sendScheduledDelayedEvent(id: string): Promise<void> {
    await this.#client._unstable_sendScheduledDelayedEvent(id);
  }

  override async sendToDevice(
    type: string,
    encrypted: boolean,
    contents: Record<string, Record<string, Record<string, unknown>>>,
  ): Promise<void> {
    const crypto = this.#client.getCrypto();
    if (!encrypted || !crypto) throw new Error("this host sends to devices only what it can encrypt");
    for (const [userId, devices] of Object.entries(contents))
      for (const [deviceId, content] of Object.entries(devices)) {
        const batch = await crypto.encryptToDeviceMessages(type, [{ userId, deviceId }], content);
        await this.#client.queueToDevice(batch);
      }
    this.#onToDevice(type, this.#client.getSafeUserId(), Object.values(contents).flatMap(Object.values));
  }

  override async readRoomState(_room: string, type: string, key: string | undefined): Promise<IRoomEvent[]> {
    const { currentState } = this.#room;
    const one = key === undefined ? null : currentState.getStateEvents(type, key);
    const events = key === undefined ? currentState.getStateEvents(type) : one ? [one] : [];
    return events.map(asRead);
  }

  override async readRoomTimeline(
    _room: string,
    type: string,
    msgtype: string | undefined,
    stateKey: string | undefined,
    limit: number,
    since: string | undefined,
  ): Promise<IRoomEvent[]> {
    const found: IRoomEvent[] = [];
    for (const event of this.#room.getLiveTimeline().getEvents().toReversed()) {
      if ((limit > 0 && found.length >= limit) || (since !== undefined && event.getId() === since)) break;
      await this.#client.decryptEventIfNeeded(event);
      const fits =
        event.getType() === type &&
        (msgtype === undefined || event.getContent()["msgtype"] === msgtype) &&
        (stateKey === undefined || event.getStateKey() === stateKey);
      if (fits) found.push(asRead(event));
    }
    return found;
  }

  override async readStickyEvents(): Promise<IRoomEvent[]> {
    await this.ready;
    const events = [...this.#room._unstable_getStickyEvents()];
    await Promise.all(events.map((event) => this.#client.decryptEventIfNeeded(event)));
    return events.map(asRead);
  }

  override async readEventRelations(
    eventId: string,
    _room?: string,
    relation?: string,
    type?: string,
    from?: string,
    to?: string,
    limit?: number,
  ): Promise<IReadEventRelationsResult> {
    const { events, nextBatch, prevBatch } = await this.#client.relations(
      this.#roomId,
      eventId,
      relation ?? null,
      type ?? null,
      {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(limit !== undefined && { limit }),
      },
    );
    return {
      chunk: events.map(asRead),
      ...(nextBatch && { nextBatch }),
      ...(prevBatch && { prevBatch }),
    };
  }

  override askOpenID(observer: SimpleObservable<IOpenIDUpdate>): void {
    void this.#client.getOpenIdToken().then(
      (token) => observer.update({ state: OpenIDRequestState.Allowed, token }),
      () => observer.update({ state: OpenIDRequestState.Blocked }),
    );
  }

  override async getRtcTransports(): Promise<IRtcTransportsResult> {
    return { rtc_transports: (await this.#client._unstable_getRTCTransports()).map((one) => ({ ...one })) };
  }

  override async downloadFile(uri: string): Promise<{ file: Blob }> {
    const url = this.#client.mxcUrlToHttp(uri, undefined, undefined, undefined, false, true, true);
    const headers = { authorization: `Bearer ${this.#client.getAccessToken()}` };
    const answer = await fetch(String(url), { headers });
    if (!answer.ok) throw new Error(`the file is not to be had: ${answer.status}`);
    return { file: await answer.blob() };
  }

  override getKnownRooms(): string[] {
    return [this.#roomId];
  }

  override processError(error: unknown): IWidgetApiErrorResponseDataDetails | undefined {
    // Without it the widget sees neither a 404 nor a 429.
    return error instanceof MatrixError ? { matrix_api_error: error.asWidgetApiErrorData() } : undefined;
  }
}

/** An event as a widget reads it: decrypted. */
export function asRead(event: MatrixEvent): IRoomEvent {
  // The SDK's own type for it names fewer of its fields.
  return event.getEffectiveEvent() as IRoomEvent;
}
