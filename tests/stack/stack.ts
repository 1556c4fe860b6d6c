import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverPaths } from "../../build/setup/places.mjs";
import type { HomeserverSide } from "./authorization/homeserver-side.ts";
import { type AuthorizationServer, startAuthorizationServer } from "./authorization/server.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { livekitCommand } from "./livekit.ts";
import { type OAuthProvider, startOAuthProvider } from "./oauth-provider.ts";
import { freePort } from "./ports.ts";
import { startSsoProvider } from "./sso-provider.ts";
import { type Server, supervise, type Supervision } from "./supervise.ts";
import { synapseCommand } from "./synapse.ts";

/**
 * The servers that can stand behind a fault proxy for everybody. For one client alone, put one before its URL.
 * `federation`: the homeserver as other homeservers reach it.
 */
type Site = "homeserver" | "authorization" | "sfu" | "federation";

export type StackOptions = {
  /** These are told to clients at the address of a fault proxy, found in `Stack.faults`. */
  behindProxy?: readonly Site[];
  /** Offers single sign-on (`m.login.sso`), by which everybody is signed in as the user of this name. */
  ssoUser?: string;
  /** Has next-generation login (OAuth 2) and no other, by which everybody is signed in as this user; see `Stack.oauth`. */
  oauthUser?: { readonly name: string; readonly tokenLife: number };
  /** The homeserver has MSC4195's endpoints; see `Stack.endpoints`. */
  homeserverEndpoints?: boolean;
  /** Federates with the others that were given the same; see `startFederation`. */
  neighbours?: Neighbours;
};

/** The homeservers of a federation: the address of each by its server name, for OpenID tokens. */
export type Neighbours = Map<string, string>;

/** A Synapse, a LiveKit and a MatrixRTC authorization service that know each other, on 127.0.0.1. */
export type Stack = {
  /** Data and logs of this run; gone after `stop`, and when this process is gone. */
  readonly folder: string;
  /** `url` is what clients use: the proxy's where there is one; `directUrl` never is. */
  readonly homeserver: Server & { url: string; directUrl: string; serverName: string };
  readonly authorization: AuthorizationServer & {
    directUrl: string;
    /** Server names whose users it refuses from now on (401). */
    readonly refused: Set<string>;
    /** Server names whose users may make rooms on the SFU; at first the own homeserver's alone. */
    readonly fullAccess: Set<string>;
  };
  /** `url` is ws:, `apiUrl` is http: and never a proxy's. */
  readonly sfu: Server & { url: string; apiUrl: string; key: string; secret: string };
  /** Where the stack was started with `oauthUser`. */
  readonly oauth: OAuthProvider | null;
  /** How the homeserver's own endpoints are served, where it has them; the test may change how from now on. */
  readonly endpoints: HomeserverSide | undefined;
  readonly faults: Readonly<Partial<Record<Site, FaultProxy>>>;
  /** Ends everything. Keeps the logs (and data) in `folder` when asked to. */
  stop(options?: { keep?: boolean }): Promise<void>;
};

/** The proxy before a server of a stack that was started with one there. */
export function proxyOf({ faults }: Pick<Stack, "faults">, site: Site): FaultProxy {
  const proxy = faults[site];
  if (!proxy) throw new Error(`no proxy before the ${site}`);
  return proxy;
}

/** Starts the three; resolves when all answer. Throws with the path of the log of the one that does not. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  for (const path of Object.values(serverPaths()))
    if (!existsSync(path)) throw new Error(`${path} is missing: run node build/setup.mjs servers`);
  const folder = await mkdtemp(join(tmpdir(), "carillon-stack-"));
  const supervision = supervise(folder);
  const faults: Partial<Record<Site, FaultProxy>> = {};
  const closing: (() => Promise<void>)[] = [];
  const stop = async ({ keep = false } = {}): Promise<void> => {
    await Promise.all(closing.map((close) => close()));
    await supervision.end({ keep });
  };
  const publicUrl = async (site: Site, url: string): Promise<string> => {
    if (!options.behindProxy?.includes(site)) return url;
    const proxy = await startFaultProxy(url);
    faults[site] = proxy;
    closing.push(() => proxy.close());
    return proxy.url;
  };
  try {
    let ssoUrl: string | undefined;
    if (options.ssoUser !== undefined) {
      const provider = await startSsoProvider(await freePort(), options.ssoUser);
      closing.push(() => provider.close());
      ssoUrl = provider.url;
    }
    const { neighbours, homeserverEndpoints = false } = options;
    const servers = await startServers({
      folder,
      supervision,
      publicUrl,
      closing,
      ssoUrl,
      neighbours,
      homeserverEndpoints,
      oauthUser: options.oauthUser,
    });
    return { ...servers, folder, faults, stop };
  } catch (error) {
    await stop({ keep: true });
    throw error;
  }
}

async function startServers({
  folder,
  supervision,
  publicUrl,
  closing,
  ssoUrl,
  neighbours,
  homeserverEndpoints,
  oauthUser,
}: {
  folder: string;
  supervision: Supervision;
  publicUrl: (site: Site, url: string) => Promise<string>;
  closing: (() => Promise<void>)[];
  ssoUrl: string | undefined;
  neighbours: Neighbours | undefined;
  homeserverEndpoints: boolean;
  oauthUser: StackOptions["oauthUser"];
}): Promise<Pick<Stack, "homeserver" | "authorization" | "sfu" | "endpoints" | "oauth">> {
  const [hsPort, authPort, sfuPort] = [await freePort(), await freePort(), await freePort()];
  const hsUrl = `http://127.0.0.1:${hsPort}`;
  const apiUrl = `http://127.0.0.1:${sfuPort}`;
  const authUrl = `http://127.0.0.1:${authPort}`;
  const federationPort = neighbours && (await freePort());
  // Others find it by the port in its name.
  const namedPort =
    federationPort === undefined
      ? hsPort
      : Number(new URL(await publicUrl("federation", `https://127.0.0.1:${federationPort}`)).port);
  const serverName = `localhost:${namedPort}`;
  const known = neighbours ?? new Map<string, string>();
  known.set(serverName, hsUrl);
  const [refused, fullAccess] = [new Set<string>(), new Set([serverName])];
  const [key, secret] = ["devkey", randomBytes(32).toString("hex")];

  const sfu = { url: await publicUrl("sfu", `ws://127.0.0.1:${sfuPort}`), apiUrl, key, secret };
  const [asToken, hsToken] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
  const endpoints: HomeserverSide | undefined = homeserverEndpoints
    ? { url: hsUrl, serverName, asToken, hsToken, naming: "member" }
    : undefined;
  const authorization = await startAuthorizationServer(authPort, {
    sfu,
    homeserver: endpoints,
    directory: (name) => (refused.has(name) ? undefined : known.get(name)),
    fullAccess: (name) => fullAccess.has(name),
  });
  closing.push(() => authorization.kill());
  const authPublicUrl = await publicUrl("authorization", authUrl);
  const homeserverUrl = await publicUrl("homeserver", hsUrl);

  const oauthSecret = randomBytes(16).toString("hex");
  const oauth =
    oauthUser === undefined
      ? null
      : await startOAuthProvider({
          port: await freePort(),
          user: oauthUser.name,
          tokenLife: oauthUser.tokenLife,
          homeserverUrl: hsUrl,
          secret: oauthSecret,
        });
  if (oauth) closing.push(() => oauth.close());

  const livekit = supervision.server(
    livekitCommand({
      folder,
      key,
      secret,
      port: sfuPort,
      tcpPort: await freePort(),
      udpPort: await freePort(),
      webhookUrl: `${authUrl}/sfu_webhook`,
    }),
  );
  const synapse = supervision.server(
    synapseCommand({
      folder,
      serverName,
      port: hsPort,
      publicUrl: homeserverUrl,
      authorizationUrl: authPublicUrl,
      ssoUrl,
      rtcService: endpoints && { url: authUrl, asToken, hsToken, sfuUrl: sfu.url },
      federationPort,
      oauth: oauth && { url: oauth.url, secret: oauthSecret },
    }),
  );
  await Promise.all([livekit.start(), synapse.start()]);
  return {
    homeserver: { ...synapse, url: homeserverUrl, directUrl: hsUrl, serverName },
    authorization: { ...authorization, url: authPublicUrl, directUrl: authUrl, refused, fullAccess },
    sfu: { ...livekit, ...sfu },
    endpoints,
    oauth,
  };
}
