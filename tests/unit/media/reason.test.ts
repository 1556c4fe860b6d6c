import { expect, test } from "vitest";

import type { Reason } from "../../../renderer/call/view.ts";
import { reasonOf, type Circumstances } from "../../../renderer/media/reason.ts";

const well: Circumstances = {
  transport: "https://sfu.example",
  dial: "connected",
  present: true,
  lost: false,
  absent: false,
  clear: false,
  key: "have",
  frames: "fine",
  fresh: false,
  brief: false,
};

const table: readonly (readonly [string, Partial<Circumstances>, Reason | null])[] = [
  ["somebody with nothing in the way has no reason", {}, null],
  ["who names no transport that we speak is out of reach", { transport: null }, "no-transport"],
  ["a refused grant is said", { dial: "refused" }, "grant-refused"],
  ["a grant under another name is no grant", { dial: "misnamed" }, "grant-refused"],
  ["an SFU that does not answer is said", { dial: "unreachable" }, "sfu-unreachable"],
  ["an SFU without a room for the call is said", { dial: "restricted" }, "sfu-restricted"],
  ["a dial under way is a connection under way", { dial: "connecting" }, "connecting"],
  ["a lost connection is a connection under way", { dial: "reconnecting" }, "connecting"],
  ["a member whom the SFU does not know yet is connecting", { present: false }, "connecting"],
  ["a member whom the SFU has not known for long is absent", { present: false, absent: true }, "absent"],
  ["who went without a goodbye is lost", { present: false, lost: true }, "lost"],
  ["who was lost long ago is absent", { present: false, lost: true, absent: true }, "absent"],
  ["whose media stopped is lost", { lost: true }, "lost"],
  ["our own lost connection comes before theirs", { dial: "reconnecting", lost: true }, "connecting"],
  ["lost media tell nothing of keys", { lost: true, key: "waiting", frames: "wrong" }, "lost"],
  ["a short gap while keys change is not told", { frames: "missing", brief: true }, null],
  ["nor are frames under a key that is not right yet", { frames: "wrong", brief: true }, null],
  ["a newcomer's short gap is their coming", { frames: "wrong", brief: true, fresh: true }, "connecting"],
  ["media in clear in an encrypted call are said, though a key is there", { clear: true }, "not-encrypted"],
  ["a key that main does not have is missing", { key: "waiting" }, "key-missing"],
  ["a key that the latest frames lack is missing, though main has one", { frames: "missing" }, "key-missing"],
  ["a newcomer's key is still under way", { key: "waiting", fresh: true }, "connecting"],
  ["a newcomer's frames may precede their key", { frames: "missing", fresh: true }, "connecting"],
  ["a key that does not open the frames is wrong", { frames: "wrong" }, "key-wrong"],
  ["a wrong key is wrong for newcomers too", { frames: "wrong", fresh: true }, "key-wrong"],
  ["an unencrypted call needs no keys", { key: "unneeded", frames: "missing" }, null],
  [
    "what is nearer to the cause is said first",
    { transport: null, dial: "refused", present: false },
    "no-transport",
  ],
  ["the SFU comes before the key", { dial: "unreachable", key: "waiting" }, "sfu-unreachable"],
];

test.each(table)("%s", (_name, circumstances, reason) => {
  expect(reasonOf({ ...well, ...circumstances })).toBe(reason);
});
