import { expect, test } from "vitest";
import { legacyIdentity, memberIdentity, sfuRoomName } from "../../stack/authorization/identity.ts";

test("the SFU's name of a call is the hash of room and slot", () => {
  expect(sfuRoomName("!roomid:example.com", "slot1234")).toBe("O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc");
});

test("a member of a sticky event is known to the SFU by a hash of user, device and member", () => {
  expect(memberIdentity("@alice:example.com", "DEVICE123", "memberABC")).toBe(
    "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU",
  );
});

test("a member of a state event is known to the SFU by user and device, unhashed", () => {
  expect(legacyIdentity("@alice:example.com", "DEVICE123")).toBe("@alice:example.com:DEVICE123");
});
