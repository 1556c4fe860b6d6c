/** An event as the client-server API gives it. */
export type MatrixEvent = {
  type: string;
  sender: string;
  event_id: string;
  origin_server_ts: number;
  state_key?: string;
  content: Record<string, unknown>;
  unsigned?: Record<string, unknown>;
};

export type MatrixMethod = "GET" | "POST" | "PUT" | "DELETE";

/** A homeserver's refusal of a request. */
class MatrixRefusal extends Error {
  readonly status: number;
  readonly errcode: string;

  constructor(status: number, errcode: string, message: string) {
    super(`${status} ${errcode}: ${message}`);
    this.status = status;
    this.errcode = errcode;
  }
}

/**
 * One client-server request; the path begins after `/_matrix/client`, for instance `/v3/sync`.
 * The caller names the type of the answer. Throws `MatrixRefusal`.
 */
export type MatrixRequest = {
  <T = unknown>(method: MatrixMethod, path: string, body?: object, signal?: AbortSignal): Promise<T>;
  /** The same, with undefined for 404. */
  orUndefined<T>(method: MatrixMethod, path: string, body?: object): Promise<T | undefined>;
};

/** Requests to one homeserver, signed in where a token is given. */
export function matrixRequest(url: string, accessToken?: string): MatrixRequest {
  const base = url.replace(/\/$/, "");
  async function request<T>(
    method: MatrixMethod,
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<T> {
    const response = await fetch(`${base}/_matrix/client${path}`, {
      method,
      headers: {
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    // The one place where tests trust the homeserver's answer to have the documented shape.
    const answer = (await response.json()) as T & { errcode?: string; error?: string };
    if (!response.ok)
      throw new MatrixRefusal(response.status, answer.errcode ?? "M_UNKNOWN", answer.error ?? "");
    return answer;
  }
  async function orUndefined<T>(method: MatrixMethod, path: string, body?: object): Promise<T | undefined> {
    try {
      return await request<T>(method, path, body);
    } catch (error) {
      if (error instanceof MatrixRefusal && error.status === 404) return undefined;
      throw error;
    }
  }
  return Object.assign(request, { orUndefined });
}
