import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serverPaths } from "../../build/setup/places.mjs";
import { mustAnswer } from "./answers.ts";
import type { ServerCommand } from "./supervise.ts";

export type LivekitPlan = {
  folder: string;
  port: number;
  tcpPort: number;
  udpPort: number;
  key: string;
  secret: string;
  webhookUrl: string;
};

/** The command of a LiveKit server on 127.0.0.1 that creates no room by itself; writes its configuration. */
export function livekitCommand(plan: LivekitPlan): ServerCommand {
  const config = join(plan.folder, "livekit.json");
  // LiveKit reads YAML, and JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      port: plan.port,
      bind_addresses: ["127.0.0.1"],
      rtc: {
        tcp_port: plan.tcpPort,
        udp_port: plan.udpPort,
        node_ip: "127.0.0.1",
        enable_loopback_candidate: true,
        use_external_ip: false,
      },
      room: { auto_create: false },
      keys: { [plan.key]: plan.secret },
      webhook: { api_key: plan.key, urls: [plan.webhookUrl] },
    }),
    { mode: 0o600 },
  );
  return {
    name: "livekit",
    command: serverPaths().livekit,
    args: ["--config", config],
    answers: () => mustAnswer(`http://127.0.0.1:${plan.port}/`),
  };
}
