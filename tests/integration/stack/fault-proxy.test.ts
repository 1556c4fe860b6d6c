import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../../stack/fault-proxy.ts";
import { freePort } from "../../stack/ports.ts";

/** What the server behind the proxy has received, and sends back. */
let received: string;
let server: Server;
let port: number;
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  received = "";
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received += data.toString();
      socket.write(data);
    });
  });
  port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  proxy = await startFaultProxy(`http://127.0.0.1:${port}/path`);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

async function client(to = proxy.port): Promise<Socket> {
  const socket = connect(to, "127.0.0.1");
  clients.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  let answer = "";
  const all = new Promise<string>((resolve) => {
    socket.on("data", (data) => {
      answer += data.toString();
      if (answer.length >= text.length) resolve(answer);
    });
  });
  socket.write(text);
  return all;
}

test("its address is the server's with another port", () => {
  expect(proxy.url).toBe(`http://127.0.0.1:${proxy.port}/path`);
});

test("bytes pass in both directions and in order, also more than it holds at once", async () => {
  const text = Array.from({ length: 400_000 }, (_, index) => `${index};`).join("");
  expect(await echo(await client(), text)).toBe(text);
});

test("the end of one direction reaches the other side", async () => {
  const socket = await client();
  await echo(socket, "hello");
  const ended = once(socket, "end");
  socket.resume();
  socket.end();
  await ended;
});

test("connections that it strands carry nothing ever after, and new ones everything", async () => {
  const socket = await client();
  await echo(socket, "before;");
  proxy.strand();
  socket.on("data", () => expect.unreachable());
  socket.write("after");
  expect(await echo(await client(), "new")).toBe("new");
  expect(received).toBe("before;new");
  await proxy.pass();
  expect(await echo(await client(), "newer")).toBe("newer");
  expect(received).toBe("before;newnewer");
  expect(proxy.connections).toBe(3);
});

test("while it stalls no byte passes, and then all do", async () => {
  const socket = await client();
  await echo(socket, "before;");
  proxy.stall();
  const answer = echo(socket, "after");
  const late = await client();
  const lateAnswer = echo(late, "|late");
  // The same way without the proxy, many times over: what would have passed has passed by then.
  const direct = await client(port);
  for (let round = 0; round < 50; round++) {
    direct.removeAllListeners("data");
    await echo(direct, ".");
  }
  expect(received).toBe(`before;${".".repeat(50)}`);
  await proxy.pass();
  expect(await answer).toBe("after");
  expect(await lateAnswer).toBe("|late");
});

test("while it refuses nobody can connect, and open connections break", async () => {
  const socket = await client();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await proxy.refuse();
  await closed;
  await expect(client()).rejects.toThrow("ECONNREFUSED");
  await proxy.pass();
  expect(await echo(await client(), "again")).toBe("again");
});

test("a reset breaks the open connections and no others", async () => {
  const socket = await client();
  await echo(socket, "hello");
  const broken = new Promise<Error>((resolve) => socket.once("error", resolve));
  proxy.reset();
  expect(await broken).toMatchObject({ code: "ECONNRESET" });
  expect(await echo(await client(), "again")).toBe("again");
});

test("a delay holds each byte back in each direction", async () => {
  const socket = await client();
  proxy.delay(60);
  const since = performance.now();
  expect(await echo(socket, "slow")).toBe("slow");
  // Timers may be early by a millisecond each; they are never earlier.
  expect(performance.now() - since).toBeGreaterThan(115);
});

test("an answer of its own is all that anybody gets, until the fault ends", async () => {
  const before = await client();
  const reset = new Promise((resolve) => before.once("close", resolve));
  proxy.answer((request) => `HTTP/1.1 429 Too Many Requests\r\n\r\n${request}`);
  await reset;
  const socket = await client();
  const ended = once(socket, "end");
  expect(await echo(socket, "GET / HTTP/1.1\r\n\r\nmuch more")).toMatch(/^HTTP\/1.1 429 .*GET \/ /s);
  await ended;
  expect(received).toBe("");
  await proxy.pass();
  expect(await echo(await client(), "ping")).toBe("ping");
});
