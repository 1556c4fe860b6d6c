import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/** A single-sign-on site (CAS 2) of this process where everybody is signed in already, as one user. */
export type SsoProvider = { url: string; close(): Promise<void> };

/** Listens on 127.0.0.1 at `port`; the homeserver makes the account of `user` at the first sign-in. */
export async function startSsoProvider(port: number, user: string): Promise<SsoProvider> {
  const url = `http://127.0.0.1:${port}`;
  /** Tickets that were given out and not used, each with the service it is for. */
  const tickets = new Map<string, string>();

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const service = searchParams.get("service") ?? "";
    if (pathname === "/login" && URL.canParse(service)) {
      const ticket = `ST-${randomUUID()}`;
      tickets.set(ticket, service);
      const back = new URL(service);
      back.searchParams.set("ticket", ticket);
      response.writeHead(302, { location: back.href }).end();
    } else if (pathname === "/proxyValidate") {
      const ticket = searchParams.get("ticket") ?? "";
      const valid = tickets.get(ticket) === service;
      tickets.delete(ticket);
      const inner = valid
        ? `<cas:authenticationSuccess><cas:user>${user}</cas:user></cas:authenticationSuccess>`
        : `<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>`;
      const xml = `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">${inner}</cas:serviceResponse>`;
      response.writeHead(200, { "content-type": "application/xml" }).end(xml);
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
