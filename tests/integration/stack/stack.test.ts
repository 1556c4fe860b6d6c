import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../stack/stack.ts";
import { supervise } from "../../stack/supervise.ts";
import { type Person, signIn, signUp } from "../../support/people.ts";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("servers and their folder are gone after their owner was killed", async () => {
  const owner = spawn(process.execPath, [join(import.meta.dirname, "owner.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => createInterface(owner.stdout).once("line", resolve));
  // Written by owner.ts beside this file.
  const { folder, pids } = JSON.parse(line) as { folder: string; pids: number[] };
  expect(pids.map(isAlive)).toEqual([true, true]);
  expect(existsSync(folder)).toBe(true);
  owner.kill("SIGKILL");
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
  await expect.poll(() => existsSync(folder)).toBe(false);
});

describe("a stack behind fault proxies", () => {
  let stack: Stack;
  let alice: Person;

  beforeAll(async () => {
    stack = await startStack({ behindProxy: ["homeserver", "authorization", "sfu"] });
    alice = await signUp(stack.homeserver, "alice");
  });

  afterAll(() => stack?.stop());

  test("tells clients the addresses of the proxies", async () => {
    const path = "/unstable/org.matrix.msc4143/rtc/transports";
    const transports = await alice.request<{ rtc_transports: object[] }>("GET", path);
    const proxied = `http://127.0.0.1:${stack.faults.authorization?.port}`;
    expect(transports.rtc_transports).toEqual([{ type: "livekit", livekit_service_url: proxied }]);
    expect(stack.sfu.url).toBe(`ws://127.0.0.1:${stack.faults.sfu?.port}`);
  });

  test("is cut off from clients by a proxy's fault, and answers beside it", async () => {
    await stack.faults.homeserver?.refuse();
    await expect(alice.request("GET", "/v3/account/whoami")).rejects.toThrow("fetch failed");
    expect((await fetch(`${stack.homeserver.directUrl}/_matrix/client/versions`)).status).toBe(200);
    await stack.faults.homeserver?.pass();
    expect(await alice.request("GET", "/v3/account/whoami")).toMatchObject({ user_id: alice.userId });
  });

  test("has its accounts still after its homeserver was killed and started again", async () => {
    await stack.homeserver.restart();
    expect((await signIn(alice)).userId).toBe(alice.userId);
  });

  test("leaves nothing behind when it is stopped", async () => {
    const pids = [stack.homeserver.pid() ?? 0, stack.sfu.pid() ?? 0];
    expect(pids.map(isAlive)).toEqual([true, true]);
    await stack.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(existsSync(stack.folder)).toBe(false);
    await expect(fetch(`${stack.authorization.directUrl}/healthz`)).rejects.toThrow();
  });
});

test("a server that does not start says so with its log", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carillon-supervise-"));
  const supervision = supervise(folder);
  const broken = supervision.server({
    name: "broken",
    command: process.execPath,
    args: ["-e", "console.error('no such port'); process.exit(3)"],
    answers: () => Promise.reject(new Error("nobody there")),
  });
  await expect(broken.start()).rejects.toThrow(/broken did not start: exit code 3[^]*no such port/);
  await supervision.end({ keep: true });
  expect(readFileSync(broken.log, "utf8")).toContain("no such port");
  rmSync(folder, { recursive: true });
});
