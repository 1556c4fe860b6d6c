import {
  ClientEvent,
  MatrixEventEvent,
  RoomEvent,
  type MatrixClient,
  type MatrixEvent,
  type Room,
} from "matrix-js-sdk";
import { getCallNotificationExpiry, MatrixRTCSessionEvent } from "matrix-js-sdk/lib/matrixrtc/index.js";

const NOTIFICATION = "org.matrix.msc4075.rtc.notification";

/** Shows who rings, as Element Web does for Element Call: until answered, declined, over, or nobody is in the call any more. */
export function showRings(client: MatrixClient, onAccept: (roomId: string) => void): void {
  const seen = new Set<string>();
  const look = (event: MatrixEvent): void => {
    const [id, room] = [event.getId(), client.getRoom(event.getRoomId())];
    if (event.getType() !== NOTIFICATION || id === undefined || !room || seen.has(id)) return;
    if (event.getSender() === client.getUserId() || event.getContent()["notification_type"] !== "ring")
      return;
    seen.add(id);
    const { sender_ts, lifetime } = event.getContent();
    if (typeof sender_ts !== "number" || typeof lifetime !== "number") return;
    const expiry = getCallNotificationExpiry({ sender_ts, lifetime }, event.getTs());
    if (expiry > Date.now()) show(client, room, event, expiry, () => onAccept(room.roomId));
  };
  client.on(ClientEvent.Event, (event) => void client.decryptEventIfNeeded(event).then(() => look(event)));
  client.on(MatrixEventEvent.Decrypted, look);
}

function show(
  client: MatrixClient,
  room: Room,
  event: MatrixEvent,
  expiry: number,
  onAccept: () => void,
): void {
  const dialog = document.createElement("section");
  dialog.role = "alertdialog";
  dialog.ariaLabel = `${event.sender?.rawDisplayName ?? event.getSender()} is calling`;
  const session = client.matrixRTC.getRoomSession(room);
  const close = (): void => {
    clearTimeout(timer);
    session.off(MatrixRTCSessionEvent.MembershipsChanged, onMembers);
    room.off(RoomEvent.Redaction, onRedaction);
    dialog.remove();
  };
  const onMembers = (): void => {
    const inCall = session.memberships.map(({ userId }) => userId);
    if (inCall.length === 0 || inCall.includes(client.getSafeUserId())) close();
  };
  const onRedaction = (redaction: MatrixEvent): void => {
    if (redaction.getAssociatedId() === event.getId()) close();
  };
  const timer = setTimeout(close, expiry - Date.now());
  session.on(MatrixRTCSessionEvent.MembershipsChanged, onMembers);
  room.on(RoomEvent.Redaction, onRedaction);
  dialog.append(
    button("Accept", () => {
      close();
      onAccept();
    }),
    button("Decline", () => {
      close();
      void client.sendRtcDecline(room.roomId, event.getId() ?? "");
    }),
  );
  document.body.append(dialog);
}

function button(name: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.textContent = name;
  made.addEventListener("click", onClick);
  return made;
}
