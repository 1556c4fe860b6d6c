import { randomBytes } from "node:crypto";

import { AppError, codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { Homeserver } from "../../shared/ipc/contract.ts";
import type { UserId } from "../../shared/matrix/ids.ts";
import { shownName } from "../../shared/matrix/names.ts";
import type { AppState, Session, SoftLogout } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import { Account, removeOtherAccounts, SessionEnded } from "../matrix/account.ts";
import { avatarUrl } from "../matrix/avatars.ts";
import { discover } from "../matrix/discovery.ts";
import type { Fetch } from "../matrix/http.ts";
import {
  loginWithPassword,
  loginWithToken,
  logout,
  type Credentials,
  type OAuthGrant,
} from "../matrix/login.ts";
import type { SavedSession, SessionFile } from "../matrix/saved-session.ts";
import { loginByOAuth, revoke } from "../matrix/oauth.ts";
import { signOn } from "../matrix/sso.ts";
import { Tokens } from "../matrix/tokens.ts";
import type { OpenExternal } from "../ports.ts";
import type { Store } from "../state/store.ts";

export interface SessionParts {
  /** Where accounts' stores lie. */
  readonly folder: string;
  readonly file: SessionFile;
  readonly store: Store<AppState>;
  readonly fetch: Fetch;
  readonly openExternal: OpenExternal;
  readonly log: Log;
  readonly onDiskFull: () => void;
  /** The account is signed out for good: nothing of it stays. */
  readonly onForgotten: (user: UserId) => void;
  /**
   * The account runs: what rests on it starts, and says how to end it. `password`: of a login that just was; a homeserver may want it
   * for a new account's identity, and it is kept no longer.
   */
  readonly onOpen: (account: Account, password: string | null) => () => Promise<void>;
}

/** Who is signed in: from the first start over login, soft logout and sign-out. It owns the `session` slice of the state. */
export class SignIn {
  readonly #parts: SessionParts;
  #account: Account | null = null;
  /** Of a next-generation login that is open. */
  #tokens: Tokens | null = null;
  #end: () => Promise<void> = () => Promise.resolve();
  /** The session that a soft logout left, to be gone on with. */
  #kept: SavedSession | null = null;
  /** Single sign-on that waits for the browser, and the state to which a cancel leads back. */
  #browser: { readonly stop: AbortController; readonly before: Session } | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get account(): Account | null {
    return this.#account;
  }

  /** The account for a command that needs one. @throws AppError `not-signed-in` */
  get required(): Account {
    if (!this.#account) throw new AppError("not-signed-in");
    return this.#account;
  }

  /** Goes on with the session of the last run, if there is one. */
  async restore(): Promise<void> {
    const saved = await this.#parts.file.read();
    if (saved) await this.#open(saved);
    else this.#signedOut(null, null);
  }

  discover(server: string): Promise<Homeserver> {
    return discover(this.#parts.fetch, server);
  }

  login(homeserver: string, user: string, password: string): Promise<void> {
    return this.#enter(
      (fetch, options) => loginWithPassword(fetch, homeserver, user, password, options),
      password,
    );
  }

  singleSignOn(homeserver: string): Promise<void> {
    return this.#throughBrowser(async (openExternal, signal) => {
      const token = await signOn(homeserver, openExternal, signal);
      return (fetch, options) => loginWithToken(fetch, homeserver, token, options);
    });
  }

  /** Next-generation login. */
  oauth(homeserver: string): Promise<void> {
    const { fetch } = this.#parts;
    // The authorization is for one device, so it is named before.
    const device = this.#kept?.oauth ? this.#kept.device : undefined;
    return this.#throughBrowser(async (openExternal, signal) => {
      const credentials = await loginByOAuth(homeserver, { fetch, openExternal, signal, device });
      return () => Promise.resolve(credentials);
    });
  }

  async #throughBrowser(
    travel: (
      openExternal: OpenExternal,
      signal: AbortSignal,
    ) => Promise<(fetch: Fetch, options: { device?: string }) => Promise<Credentials>>,
  ): Promise<void> {
    if (this.#account) throw new AppError("denied", "signed in already");
    this.cancelSingleSignOn();
    const stop = new AbortController();
    const before = this.#parts.store.state.session;
    this.#browser = { stop, before };
    this.#set({ phase: "signing-in" });
    try {
      const login = await travel(this.#parts.openExternal, stop.signal);
      if (stop.signal.aborted) throw new AppError("login-cancelled");
      this.#browser = null;
      await this.#enter(login);
    } catch (error) {
      // A cancel has led back already, and whatever it broke off is no news.
      if (stop.signal.aborted) throw new AppError("login-cancelled", "cancelled", { cause: error });
      this.#browser = null;
      this.#set(before);
      throw error;
    }
  }

  /** Does nothing once the browser has come back. */
  cancelSingleSignOn(): void {
    const browser = this.#browser;
    if (!browser) return;
    this.#browser = null;
    browser.stop.abort();
    this.#set(browser.before);
  }

  /** Tells the server, forgets the session and removes its data, whether or not the server hears it. */
  async logout(): Promise<void> {
    const opened = (await this.#parts.file.read()) ?? this.required.session;
    const tokens = this.#tokens;
    await this.close();
    // They may have been renewed since it was opened, up to now.
    const session = { ...opened, ...tokens?.now };
    this.#forget(session);
    this.#signedOut(null, null);
    const { fetch } = this.#parts;
    const told = session.oauth ? revoke(fetch, session.oauth, session.accessToken) : logout(fetch, session);
    await told.catch((error: unknown) => this.#parts.log.warn("sign-out not told", error));
    removeOtherAccounts(this.#parts.folder, null);
  }

  /** Ends what runs, and keeps the session for the next start. */
  async close(): Promise<void> {
    const account = this.#account;
    this.#account = null;
    await this.#end();
    this.#end = () => Promise.resolve();
    await account?.close();
    // Last: what ends with the account still asks the homeserver.
    await this.#stopTokens();
  }

  async #stopTokens(): Promise<void> {
    const tokens = this.#tokens;
    this.#tokens = null;
    await tokens?.stop();
  }

  async #enter(
    login: (fetch: Fetch, options: { device?: string }) => Promise<Credentials>,
    password: string | null = null,
  ): Promise<void> {
    if (this.#account) throw new AppError("denied", "signed in already");
    const kept = this.#kept;
    const credentials = await login(this.#parts.fetch, kept ? { device: kept.device } : {});
    const goesOn = kept?.user === credentials.user && kept.device === credentials.device;
    const session = {
      ...credentials,
      storageKey: goesOn ? kept.storageKey : randomBytes(32).toString("base64"),
    };
    await this.#parts.file.write(session);
    this.#kept = null;
    await this.#open(session, password);
    if (this.#account) removeOtherAccounts(this.#parts.folder, session);
  }

  async #open(session: SavedSession, password: string | null = null): Promise<void> {
    const { folder, log, onOpen, onDiskFull } = this.#parts;
    const fetch = this.#fetchOf(session);
    this.#set({ phase: "starting" });
    try {
      const account = await Account.open({
        folder,
        session,
        fetch,
        log,
        onSync: (sync) => this.#synced(session, sync),
        onSignedOut: (soft) => void this.#dropped(session, soft),
        onDiskFull,
      });
      this.#account = account;
      this.#end = onOpen(account, password);
      this.#synced(session, account.live ? "live" : "starting");
      void this.#learnOwnName(account);
    } catch (error) {
      await this.#stopTokens();
      if (error instanceof SessionEnded) return this.#ended(session, error.soft);
      log.error("the account cannot be opened", error);
      const code = codeOf(error);
      if (code === "store-corrupt") this.#signedOut(code, null);
      else this.#set({ phase: "failed", code });
    }
  }

  /** Renews the access token where the login is one that does. */
  #fetchOf(session: SavedSession): Fetch {
    const { fetch, file, log } = this.#parts;
    const { homeserver, accessToken, oauth: grant } = session;
    if (!grant) return fetch;
    const keep = (token: string, oauth: OAuthGrant) => file.write({ ...session, accessToken: token, oauth });
    const now = () => Date.now();
    this.#tokens = new Tokens({ homeserver, accessToken, grant, fetch, now, log, keep });
    return this.#tokens.fetch;
  }

  /** Rooms tell it, but not to somebody who is in none. */
  async #learnOwnName({ client, session, live }: Account): Promise<void> {
    const self = client.getUser(session.user);
    if (!self || shownName(self.displayName) !== session.user) return;
    try {
      const { displayname, avatar_url: avatar } = await client.getProfileInfo(session.user);
      if (typeof displayname === "string") self.setDisplayName(displayname);
      if (typeof avatar === "string") self.setAvatarUrl(avatar);
      if (client === this.#account?.client) this.#synced(session, live ? "live" : "starting");
    } catch (error) {
      this.#parts.log.info("the own name is not known", error);
    }
  }

  #synced({ user, device, homeserver }: SavedSession, sync: "starting" | "live" | "offline"): void {
    const client = this.#account?.client;
    if (!client) return;
    const self = client.getUser(user);
    const now: Session = {
      phase: "signed-in",
      user,
      device,
      homeserver,
      sync,
      name: shownName(self?.displayName) || user,
      avatar: avatarUrl(self?.avatarUrl),
    };
    // Said at every sync, and mostly the same.
    if (JSON.stringify(now) !== JSON.stringify(this.#parts.store.state.session)) this.#set(now);
  }

  /** The server no longer takes our token. What a request of an account that is gone hears late says nothing of the one that is here. */
  async #dropped(session: SavedSession, soft: boolean): Promise<void> {
    if (this.#account?.session !== session) return;
    await this.close();
    this.#ended(session, soft);
  }

  #ended(session: SavedSession, soft: boolean): void {
    this.#kept = soft ? session : null;
    if (!soft) this.#forget(session);
    this.#signedOut(
      "signed-out-elsewhere",
      soft ? { user: session.user, homeserver: session.homeserver } : null,
    );
  }

  #forget({ user }: SavedSession): void {
    this.#parts.file.forget();
    this.#parts.onForgotten(user);
  }

  #signedOut(reason: ErrorCode | null, again: SoftLogout | null): void {
    this.#set({ phase: "signed-out", reason, again });
  }

  #set(session: Session): void {
    this.#parts.store.update((state) =>
      session.phase === "signed-in"
        ? { ...state, session }
        : { ...state, session, rooms: [], invitations: [], call: null, rings: [], calls: [], missed: 0 },
    );
  }
}
