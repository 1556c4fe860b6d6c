import type { Link, LinkOptions, Remote, RemoteTrack, Source } from "../../../renderer/media/backend.ts";
import type { SfuGrant } from "../../../shared/ipc/contract.ts";

/** Those of one that a `Dials` opens say nothing of signalling. */
type FakeLinkOptions = Omit<LinkOptions, "signalled"> & Partial<LinkOptions>;

/** A connection that stands when it is told to, and notes what it was asked. */
export class FakeLink implements Link {
  status: Link["status"] = "connecting";
  identity = "";
  speaking = false;
  readonly remotes = new Map<string, Remote>();
  readonly lost = new Set<string>();
  quiet = false;
  displaced = false;
  readonly sent = new Map<Source, { readonly track: MediaStreamTrack | null; readonly muted: boolean }>();
  /** So many sends to come fail. */
  refusals = 0;
  readonly keys: string[] = [];
  received: ReadonlySet<string> = new Set();
  grant: SfuGrant | null = null;
  readonly options: FakeLinkOptions;
  readonly #dialled = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();

  constructor(options: FakeLinkOptions) {
    this.options = options;
    // Nobody waits for a link that is closed before it was dialled.
    this.#dialled.promise.catch(() => {});
  }

  get ended(): Promise<void> {
    return this.#over.promise;
  }

  connect(grant: SfuGrant): Promise<void> {
    this.grant = grant;
    return this.#dialled.promise;
  }

  stand(): void {
    this.status = "connected";
    this.#dialled.resolve();
    this.options.changed();
  }

  fail(why = new Error("no route")): void {
    this.#dialled.reject(why);
  }

  close(): void {
    this.status = "closed";
    this.#dialled.reject(new Error("closed"));
    this.#over.resolve();
  }

  /** As the SFU does with the first of two of one name. */
  displace(): void {
    this.displaced = true;
    this.close();
  }

  async send(source: Source, track: MediaStreamTrack | null, muted: boolean): Promise<void> {
    if (this.refusals-- > 0) throw new Error("no answer in time");
    this.sent.set(source, { track, muted });
  }

  receive(identities: ReadonlySet<string>): void {
    this.received = identities;
  }

  setKey(identity: string, index: number): void {
    this.keys.push(`${identity} ${index}`);
  }
}

export const remote = (
  identity: string,
  tracks: Partial<Record<Source, Partial<RemoteTrack>>> = {},
  rest: Partial<Remote> = {},
): Remote => ({
  identity,
  speaking: false,
  key: "fine",
  tracks: new Map(
    Object.entries(tracks).map(([source, track]) => [
      source as Source,
      { muted: false, encrypted: true, attach: () => () => {}, ...track },
    ]),
  ),
  ...rest,
});
