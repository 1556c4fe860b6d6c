import { expect, test } from "vitest";

import {
  chooseTransport,
  isLoopback,
  parseTransport,
  safeServiceUrl,
  sfuOfKey,
  transportKey,
} from "../../../shared/rtc/transports.ts";

test.each([
  ["https://sfu.hs", "https://sfu.hs"],
  ["https://sfu.hs/livekit/jwt/", "https://sfu.hs/livekit/jwt"],
  ["HTTPS://SFU.hs:8443/Jwt//", "https://sfu.hs:8443/Jwt"],
  ["http://localhost:8081", "http://localhost:8081"],
  ["http://127.0.0.1:8081/", "http://127.0.0.1:8081"],
  ["http://[::1]:8081", "http://[::1]:8081"],
  ["https://[2001:db8::1]/jwt", "https://[2001:db8::1]/jwt"],
])("%s is a service", (url, expected) => {
  expect(safeServiceUrl(url)).toBe(expected);
});

test.each([
  "http://sfu.hs",
  "http://localhost.evil.hs",
  "http://127.0.0.1.evil.hs",
  "https://user:password@sfu.hs",
  "https://sfu.hs@evil.hs",
  "https://sfu.hs?to=evil",
  "https://sfu.hs/#fragment",
  "https://",
  "https:///jwt",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "wss://sfu.hs",
  " https://sfu.hs",
  "https://sfu.hs\n",
  "https://sfu.hs\\@evil.hs",
  `https://sfu.hs/${"a".repeat(2000)}`,
  "",
])("%j is none", (url) => {
  expect(safeServiceUrl(url)).toBeNull();
});

test("the first transport that we speak is ours", () => {
  const listed = [
    { type: "mesh" },
    { type: "livekit", livekit_service_url: "http://plain.hs" },
    null,
    { type: "m.livekit", url: "wss://sfu", livekit_service_url: "https://one.hs/" },
    { type: "livekit", livekit_service_url: "https://two.hs" },
  ];
  expect(chooseTransport(listed, "https://set.hs")).toEqual({
    serviceUrl: "https://one.hs",
    sfuUrl: "wss://sfu",
  });
});

test("what the user set serves where the homeserver offers nothing that we speak", () => {
  expect(chooseTransport([{ type: "mesh" }], "https://set.hs/")).toEqual({
    serviceUrl: "https://set.hs",
    sfuUrl: null,
  });
  expect(chooseTransport([], null)).toBeNull();
  expect(chooseTransport([], "http://set.hs")).toBeNull();
});

test.each([
  [
    { type: "owl", livekit_service_url: "https://sfu.hs" },
    { type: "owl", serviceUrl: null },
  ],
  [
    { type: "livekit", livekit_service_url: 7 },
    { type: "livekit", serviceUrl: null },
  ],
  [
    { type: "m.livekit", url: "WSS://SFU/rtc/" },
    { type: "m.livekit", serviceUrl: null, sfu: { url: "wss://sfu/rtc", server: "hs" } },
  ],
  [
    { type: "livekit", url: "wss://sfu", livekit_service_url: "https://sfu.hs" },
    { type: "livekit", serviceUrl: "https://sfu.hs" },
  ],
  // An unsafe service is no reason to try another way in.
  [
    { type: "livekit", url: "wss://sfu", livekit_service_url: "http://sfu.hs" },
    { type: "livekit", serviceUrl: null },
  ],
  [
    { type: "m.livekit", url: "ws://sfu" },
    { type: "m.livekit", serviceUrl: null },
  ],
  [
    { type: "m.livekit", url: "wss://user@sfu" },
    { type: "m.livekit", serviceUrl: null },
  ],
  [
    { type: "jitsi", url: "wss://sfu" },
    { type: "jitsi", serviceUrl: null },
  ],
  [{ livekit_service_url: "https://sfu.hs" }, null],
  ["livekit", null],
  [null, null],
])("%j is parsed to %j", (raw, expected) => {
  expect(parseTransport(raw, "hs")).toEqual(expected);
});

test("a transport is called by its service, else by its SFU and the server that answers for it", () => {
  const key = (raw: unknown) => transportKey(parseTransport(raw, "hs:8448"));
  expect(key({ type: "livekit", livekit_service_url: "https://sfu.hs/" })).toBe("https://sfu.hs");
  expect(key({ type: "m.livekit", url: "wss://sfu/" })).toBe("wss://sfu#hs:8448");
  expect(key({ type: "jitsi" })).toBeNull();
  expect(transportKey(null)).toBeNull();
  expect(sfuOfKey("wss://sfu#hs:8448")).toEqual({ url: "wss://sfu", server: "hs:8448" });
  expect(sfuOfKey("https://sfu.hs")).toBeNull();
});

test("this machine is told from others", () => {
  expect(
    ["http://localhost:1", "https://127.0.0.1/x", "http://[::1]", "ws://localhost#hs"].every(isLoopback),
  ).toBe(true);
  expect(["https://localhost.hs", "https://sfu.hs/localhost", "wss://sfu#localhost"].some(isLoopback)).toBe(
    false,
  );
});
