import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverPaths } from "../../build/setup/places.mjs";
import { selfSigned } from "../support/self-signed.ts";
import { mustAnswer } from "./answers.ts";
import type { ServerCommand } from "./supervise.ts";

export type SynapsePlan = {
  folder: string;
  port: number;
  serverName: string;
  /** The address that clients are told to use. */
  publicUrl: string;
  /** The MatrixRTC authorization service that the server names as its transport. */
  authorizationUrl: string;
  /** A CAS site by which users may sign in too (`m.login.sso`). */
  ssoUrl: string | undefined;
  /** The application service that it passes MSC4195's endpoints on to. */
  rtcService: RtcService | undefined;
  /** Where it listens for other homeservers, by TLS; undefined for one that is alone. */
  federationPort: number | undefined;
  /** The authorization server (OAuth 2) that it leaves all sign-ins to. */
  oauth: { url: string; secret: string } | null;
};

/** An authorization service behind MSC4195's endpoints, and the SFU that they name. */
export type RtcService = { url: string; asToken: string; hsToken: string; sfuUrl: string };

/** The command of a Synapse on 127.0.0.1 with SQLite, open registration and no rate limits; writes its configuration. */
export function synapseCommand(plan: SynapsePlan): ServerCommand {
  const config = join(plan.folder, "synapse.json");
  // Synapse reads YAML, and JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration(plan)), { mode: 0o600 });
  return {
    name: "synapse",
    command: serverPaths().synapsePython,
    args: ["-m", "synapse.app.homeserver", "--config-path", config],
    answers: () => mustAnswer(`http://127.0.0.1:${plan.port}/_matrix/client/versions`),
  };
}

function configuration(plan: SynapsePlan): object {
  const { folder, port, serverName, publicUrl, authorizationUrl, ssoUrl, rtcService, federationPort } = plan;
  const transport = {
    type: "livekit",
    livekit_service_url: authorizationUrl,
    ...(rtcService && { url: rtcService.sfuUrl }),
  };
  return {
    server_name: serverName,
    public_baseurl: publicUrl,
    report_stats: false,
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    signing_key: `ed25519 a_${secret(4)} ${randomBytes(32).toString("base64").replace(/=+$/, "")}`,
    macaroon_secret_key: secret(32),
    form_secret: secret(32),
    pid_file: join(folder, "synapse.pid"),
    media_store_path: join(folder, "media"),
    database: { name: "sqlite3", args: { database: join(folder, "synapse.db") } },
    listeners: [
      {
        port,
        bind_addresses: ["127.0.0.1"],
        type: "http",
        tls: false,
        resources: [{ names: ["client", "openid"], compress: false }],
      },
      ...(federationPort === undefined ? [] : [federationListener(federationPort)]),
    ],
    ...(federationPort === undefined ? {} : federation(folder)),
    ...(plan.oauth
      ? {
          enable_registration: false,
          password_config: { enabled: false },
          matrix_authentication_service: {
            enabled: true,
            endpoint: plan.oauth.url,
            secret: plan.oauth.secret,
          },
        }
      : { enable_registration: true, enable_registration_without_verification: true }),
    // Hashing a password costs 4 ms instead of 250 ms.
    bcrypt_rounds: 4,
    presence: { enabled: false },
    max_event_delay_duration: "24h",
    experimental_features: {
      msc3266_enabled: true,
      msc4075_enabled: true,
      msc4140_max_delayed_events_per_user: 1_000,
      msc4143_enabled: true,
      msc4222_enabled: true,
      msc4354_enabled: true,
      msc4502_enabled: rtcService !== undefined,
      msc4512_enabled: rtcService !== undefined,
    },
    ...(rtcService && { app_service_config_files: [registration(folder, rtcService)] }),
    matrix_rtc: { transports: [transport] },
    extra_well_known_client_content: { "org.matrix.msc4143.rtc_foci": [transport] },
    ...(ssoUrl === undefined
      ? {}
      : { cas_config: { enabled: true, server_url: ssoUrl, idp_name: "Single sign-on" } }),
    // Apps that listen on the loopback get their login token without a page in between.
    sso: { client_whitelist: ["http://127.0.0.1:", "http://localhost:"] },
    ...raisedLimits(),
  };
}

function federationListener(port: number): object {
  return {
    port,
    bind_addresses: ["127.0.0.1"],
    type: "http",
    tls: true,
    resources: [{ names: ["federation", "openid"], compress: false }],
  };
}

/** With other homeservers on this machine, whose certificates nobody vouches for. */
function federation(folder: string): object {
  const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  writeFileSync(certificate, selfSigned.cert.trimStart());
  writeFileSync(key, selfSigned.key.trimStart(), { mode: 0o600 });
  return {
    tls_certificate_path: certificate,
    tls_private_key_path: key,
    federation_verify_certificates: false,
    federation_ip_range_blacklist: [],
    ip_range_blacklist: [],
    // One that was away is tried every second; the defaults go up to a minute, and give up for 10.
    federation: {
      client_timeout: "10s",
      max_long_retry_delay: "1s",
      max_long_retries: 1000,
      destination_min_retry_interval: "1s",
      destination_retry_multiplier: 2,
      destination_max_retry_interval: "2s",
    },
    rc_federation: { window_size: 1000, sleep_limit: 100_000, reject_limit: 100_000, concurrent: 100 },
  };
}

/** Returns the file's path. */
function registration(folder: string, { url, asToken, hsToken }: RtcService): string {
  const file = join(folder, "rtc-service.json");
  const content = {
    id: "rtc",
    url: null,
    as_token: asToken,
    hs_token: hsToken,
    sender_localpart: "rtc",
    namespaces: {},
    rate_limited: false,
    "io.element.msc4502.scopes": ["urn:matrix:client:io.element.msc4502:rooms:is_joined"],
    "io.element.msc4512.proxy_prefix": "rtc/livekit",
    "io.element.msc4512.proxy_url": url,
  };
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
  return file;
}

function raisedLimits(): object {
  const free = { per_second: 100_000, burst_count: 100_000 };
  return {
    rc_message: free,
    rc_registration: free,
    rc_login: { address: free, account: free, failed_attempts: free },
    rc_joins: { local: free, remote: free },
    rc_joins_per_room: free,
    rc_invites: { per_room: free, per_user: free, per_issuer: free },
    rc_room_creation: free,
    rc_delayed_event_mgmt: free,
    rc_key_requests: free,
    rc_media_create: free,
    rc_admin_redaction: free,
    rc_presence: { per_user: free },
  };
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
