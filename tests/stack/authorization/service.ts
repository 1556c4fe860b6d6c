import type { IncomingHttpHeaders } from "node:http";
import { WebhookReceiver } from "livekit-server-sdk";
import { delayedLeaves, type DelayedLeaves } from "./delayed-leaves.ts";
import { Failure } from "./failure.ts";
import { type Directory, userOf } from "./homeservers.ts";
import { homeserverRoutes } from "./homeserver-routes.ts";
import type { HomeserverSide } from "./homeserver-side.ts";
import { type GrantRequest, readLegacyRequest, readMemberRequest } from "./requests.ts";
import { type SfuAccess, type SfuRooms, sfuRooms } from "./sfu-rooms.ts";

export type AuthorizationOptions = {
  sfu: SfuAccess;
  directory: Directory;
  /** Whether users of this homeserver may create rooms on the SFU and delegate their leaves. */
  fullAccess: (serverName: string) => boolean;
  /** Serves also the endpoints that this homeserver passes on to it. */
  homeserver?: HomeserverSide | undefined;
};

/** Answers one request: the body, the headers. Throws `Failure`. */
export type Route = (body: string, headers: IncomingHttpHeaders) => Promise<object>;

export type AuthorizationService = { routes: ReadonlyMap<string, Route>; close(): void };

/** The MatrixRTC authorization service: OpenID tokens in, SFU tokens out (MSC4195 as deployed). */
export function authorizationService(options: AuthorizationOptions): AuthorizationService {
  const sfu = sfuRooms(options.sfu);
  const leaves = delayedLeaves(sfu);
  const grant = (request: GrantRequest): Promise<object> => grantTo(request, options, sfu, leaves);
  return {
    routes: new Map<string, Route>([
      ["/sfu/get", (body) => grant(readLegacyRequest(body))],
      ["/get_token", (body) => grant(readMemberRequest(body))],
      ["/delegate_delayed_leave", (body) => delegate(readMemberRequest(body), options, leaves)],
      ["/sfu_webhook", webhookRoute(options.sfu, leaves)],
      ...(options.homeserver ? homeserverRoutes(options.homeserver, options.sfu.url, sfu, leaves) : []),
    ]),
    close: () => leaves.close(),
  };
}

async function grantTo(
  request: GrantRequest,
  options: AuthorizationOptions,
  sfu: SfuRooms,
  leaves: DelayedLeaves,
): Promise<object> {
  const userId = await userBehind(request, options.directory);
  const place = { sfuRoom: request.sfuRoom, identity: request.identityOf(userId) };
  if (options.fullAccess(request.openIdToken.matrix_server_name)) {
    await sfu.create(place.sfuRoom).catch((cause: unknown) => {
      throw new Failure(500, "M_UNKNOWN", `the SFU made no room: ${String(cause)}`);
    });
    hold(request, place, options.directory, leaves);
  } else if (request.delegation) {
    throw new Failure(400, "M_BAD_JSON", "this homeserver's users cannot delegate their leaves here");
  }
  return { url: options.sfu.url, jwt: await sfu.grant(place) };
}

async function delegate(
  request: GrantRequest,
  options: AuthorizationOptions,
  leaves: DelayedLeaves,
): Promise<object> {
  if (!request.delegation) throw new Failure(400, "M_BAD_JSON", "delay_id and delay_timeout are missing");
  const userId = await userBehind(request, options.directory);
  if (!options.fullAccess(request.openIdToken.matrix_server_name))
    throw new Failure(403, "M_FORBIDDEN", "this homeserver's users cannot delegate their leaves here");
  const place = { sfuRoom: request.sfuRoom, identity: request.identityOf(userId) };
  hold(request, place, options.directory, leaves);
  return {};
}

function hold(
  request: GrantRequest,
  place: { sfuRoom: string; identity: string },
  directory: Directory,
  leaves: DelayedLeaves,
): void {
  const homeserver = directory(request.openIdToken.matrix_server_name);
  if (request.delegation && homeserver !== undefined) leaves.hold(place, request.delegation, homeserver);
}

async function userBehind(request: GrantRequest, directory: Directory): Promise<string> {
  const userId = await userOf(request.openIdToken, directory);
  if (request.claimedUserId !== undefined && request.claimedUserId !== userId)
    throw new Failure(401, "M_UNAUTHORIZED", "the OpenID token is another user's");
  return userId;
}

function webhookRoute({ key, secret }: SfuAccess, leaves: DelayedLeaves): Route {
  const receiver = new WebhookReceiver(key, secret);
  return async (body, { authorization }) => {
    const event = await receiver.receive(body, authorization).catch(() => {
      throw new Failure(401, "M_UNAUTHORIZED", "the webhook's signature is not the SFU's");
    });
    const { room, participant } = event;
    if (!room || !participant) return {};
    const place = { sfuRoom: room.name, identity: participant.identity };
    if (event.event === "participant_joined") leaves.joined(place);
    if (event.event === "participant_left" || event.event === "participant_connection_aborted")
      await leaves.left(place, participant.sid);
    return {};
  };
}
