import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// Below the range from which systems take ports for outgoing connections, so that nobody takes one between
// our look and the server's start.
const first = 20_000;
const count = 12_000;
const given = new Set<number>();

/** A port on 127.0.0.1 that is free for TCP and for UDP, never given twice by this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    given.add(port);
    if ((await tcpIsFree(port)) && (await udpIsFree(port))) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}

function tcpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => resolve(false));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
