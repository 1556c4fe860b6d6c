import { RoomEvent, type MatrixClient } from "matrix-js-sdk";

import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import { LONGEST_RING_MS, RING_MS } from "../../shared/rtc/notification.ts";
import { DECLINE, NOTIFICATION, readSignal } from "../../shared/rtc/read-signal.ts";
import type { Log } from "../log.ts";
import { RtcRequestError, type OwnNotification, type Signals } from "../rtc/ports.ts";
import { on } from "./listen.ts";
import { directRooms } from "./rooms.ts";
import { isJoined, onSignal } from "./signals-heard.ts";
import { readPast } from "./signals-past.ts";
import { hasSticky, sendEvent } from "./signals-send.ts";

/** As matrix-js-sdk has it: so that the withdrawal outlives what it clears. */
const NOTICE_STICKY_MS = RING_MS + 20_000;
const STICKY_KEY = "msc4354_sticky_key";

/** The rooms' events about calls over matrix-js-sdk. Call it once the client has crypto and rooms. */
export function signals(client: MatrixClient, log: Log): Signals {
  return {
    onSignal: (listener) => onSignal(client, log, listener),
    onRoomLeft: (listener) =>
      on(client, RoomEvent.MyMembership, (room, _now, before) => {
        // Ids of rooms come from the homeserver in this form.
        if (before === "join" && !isJoined(room)) listener(room.roomId as RoomId);
      }),
    standing(id, sender) {
      const room = client.getRoom(id);
      return {
        joined: room !== null && isJoined(room),
        ignored: client.isUserIgnored(sender),
        direct: directRooms(client).get(id) === sender,
        mayMentionRoom: room?.currentState.mayTriggerNotifOfType("room", sender) ?? false,
      };
    },

    async notify(room, notice) {
      const sticky = await hasSticky(client);
      const content = notification(notice, sticky);
      const id = await sendEvent(client, room, NOTIFICATION, content, sticky ? NOTICE_STICKY_MS : null);
      const now = Date.now();
      // The client was made with a user; what we wrote reads as others read it.
      const own = readSignal(
        {
          room,
          type: NOTIFICATION,
          stateKey: null,
          sender: client.getSafeUserId() as UserId,
          eventId: id,
          sentAt: now,
          content,
          stickyUntil: null,
          receivedAt: now,
          ageMs: 0,
          redacted: false,
          redacts: undefined,
        },
        () => null,
      );
      if (own?.type !== "notified")
        throw new RtcRequestError("refused", "our own notification does not read");
      return own.notification;
    },
    async withdraw(room) {
      if (await hasSticky(client))
        await sendEvent(client, room, NOTIFICATION, { [STICKY_KEY]: CALL_SLOT }, NOTICE_STICKY_MS);
    },
    async decline(room, of, reason) {
      const content = {
        "m.relates_to": { rel_type: "m.reference", event_id: of },
        [STICKY_KEY]: of,
        ...(reason && { "im.carillon.reason": reason }),
      };
      await sendEvent(client, room, DECLINE, content, (await hasSticky(client)) ? LONGEST_RING_MS : null);
    },
    async say(room, text) {
      await sendEvent(client, room, "m.room.message", { msgtype: "m.text", body: text });
    },
    past: (room, bounds, found, readable) => readPast(client, room, bounds, found, readable),
  };
}

/** As matrix-js-sdk 43 writes it; an announcement is for the room, as Element Call's. */
const notification = ({ member, ring, intent }: OwnNotification, sticky: boolean) => ({
  slot_id: CALL_SLOT,
  "m.mentions":
    typeof ring === "string" ? { user_ids: [], room: true } : { user_ids: [...ring], room: false },
  notification_type: ring === "nobody" ? "notification" : "ring",
  "m.relates_to": { rel_type: "m.reference", event_id: member },
  // Its server's clock bounds it where ours is wrong.
  sender_ts: Date.now(),
  lifetime: RING_MS,
  "m.call.intent": intent,
  ...(sticky && { [STICKY_KEY]: CALL_SLOT }),
});
