import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import { Provider, type Configuration, type InteractionResults } from "oidc-provider";

/** An OAuth 2 authorization server of this process, in the place of the Matrix Authentication Service: in the browser everybody is signed in as one user. */
export type OAuthProvider = {
  readonly url: string;
  /** Refused by whoever is asked in the browser. */
  refuses: boolean;
  /** What the token endpoint answers instead, as in trouble; null where it works. */
  trouble: { readonly status: number; readonly body: string } | null;
  /** How often tokens were renewed. */
  readonly renewals: number;
  /** Ends all that was granted so far. */
  endAll(): Promise<void>;
  close(): Promise<void>;
};

export type OAuthPlan = {
  readonly port: number;
  readonly user: string;
  /** Where the homeserver is asked to make users and devices, with this secret, which it shows to introspect tokens too. */
  readonly homeserverUrl: string;
  readonly secret: string;
  /** Seconds that an access token is good for. */
  readonly tokenLife: number;
};

const DEVICE = "urn:matrix:client:device:";

export async function startOAuthProvider(plan: OAuthPlan): Promise<OAuthProvider> {
  const url = `http://127.0.0.1:${plan.port}`;
  /** The scope of each grant: tokens of scopes that it does not know the library gives none. */
  const grants = new Map<string, string>();
  const provider = new Provider(url, configuration(plan, url));
  const state = { refuses: false, trouble: null as OAuthProvider["trouble"], renewals: 0 };
  provider.on("grant.success", ({ oidc }) => {
    if (oidc.params?.["grant_type"] === "refresh_token") state.renewals++;
  });
  const oidc = provider.callback();

  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", url);
    const answer =
      pathname === "/oauth2/introspect"
        ? introspect(provider, plan, grants, request, response)
        : pathname.startsWith("/interaction/")
          ? interact(provider, plan, state.refuses, grants, request, response)
          : pathname === "/token" && state.trouble
            ? Promise.resolve(
                void response
                  .writeHead(state.trouble.status, { "content-type": "application/json" })
                  .end(state.trouble.body),
              )
            : oidc(request, response);
    answer.catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(plan.port, "127.0.0.1");
  await once(server, "listening");

  return {
    url,
    get refuses() {
      return state.refuses;
    },
    set refuses(refuses) {
      state.refuses = refuses;
    },
    get trouble() {
      return state.trouble;
    },
    set trouble(trouble) {
      state.trouble = trouble;
    },
    get renewals() {
      return state.renewals;
    },
    async endAll() {
      for (const id of grants.keys()) {
        await provider.AccessToken.revokeByGrantId(id);
        await provider.RefreshToken.revokeByGrantId(id);
        await (await provider.Grant.find(id))?.destroy();
      }
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function configuration({ user, tokenLife }: OAuthPlan, url: string): Configuration {
  return {
    findAccount: () => ({ accountId: user, claims: () => ({ sub: user }) }),
    // Synapse wants to know where accounts are managed.
    discovery: { account_management_uri: `${url}/account` },
    clientDefaults: { id_token_signed_response_alg: "RS256" },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      // The scope names the device, so it is a new one each time.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => url,
        useGrantedResource: () => true,
        getResourceServerInfo: (context) => ({
          scope: String(context.oidc.params?.["scope"] ?? ""),
          accessTokenFormat: "opaque",
          accessTokenTTL: tokenLife,
        }),
      },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: { RefreshToken: 86_400, Grant: 86_400, Session: 60, Interaction: 60 },
    cookies: { keys: ["of this run alone"] },
  };
}

/** What a person would do in the pages: sign in, and say yes or no. */
async function interact(
  provider: Provider,
  plan: OAuthPlan,
  refuses: boolean,
  grants: Map<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  const finish = (result: InteractionResults) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  if (refuses) return finish({ error: "access_denied", error_description: "the person said no" });
  if (prompt.name === "login") return finish({ login: { accountId: plan.user } });
  const scope = String(params["scope"]);
  const device = scope
    .split(" ")
    .find((one) => one.startsWith(DEVICE))
    ?.slice(DEVICE.length);
  await tellHomeserver(plan, "provision_user", { localpart: plan.user });
  await tellHomeserver(plan, "upsert_device", { localpart: plan.user, device_id: device });
  const grant = new provider.Grant({
    accountId: session?.accountId ?? plan.user,
    clientId: String(params["client_id"]),
  });
  grant.addResourceScope(`http://127.0.0.1:${plan.port}`, scope);
  const grantId = await grant.save();
  grants.set(grantId, scope);
  return finish({ consent: { grantId } });
}

/** As the homeserver asks the Matrix Authentication Service. */
async function introspect(
  provider: Provider,
  { user, secret }: OAuthPlan,
  grants: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.authorization !== `Bearer ${secret}`) return void response.writeHead(401).end();
  const body = new URLSearchParams(await text(request));
  const token = await provider.AccessToken.find(body.get("token") ?? "");
  const answer = token?.isValid
    ? {
        active: true,
        scope: grants.get(token.grantId ?? ""),
        username: user,
        sub: user,
        expires_in: token.remainingTTL,
      }
    : { active: false };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

async function tellHomeserver(
  { homeserverUrl, secret }: OAuthPlan,
  what: string,
  body: object,
): Promise<void> {
  const answer = await fetch(`${homeserverUrl}/_synapse/mas/${what}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
}
