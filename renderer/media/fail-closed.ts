/**
 * The SFU says of each track whether it is encrypted, and for a participant with one that is not the library lets frames of all
 * of theirs pass as they are, ours included. In an encrypted call none ever may, whatever the SFU says.
 */
export function failClosed<W extends Pick<Worker, "postMessage">>(worker: W): W {
  const post: (message: unknown, transfer: Transferable[]) => void = worker.postMessage.bind(worker);
  worker.postMessage = (message: unknown, transfer?: Transferable[] | StructuredSerializeOptions) =>
    post(enabling(message), Array.isArray(transfer) ? transfer : []);
  return worker;
}

function enabling(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  if (!("kind" in message && message.kind === "enable" && "data" in message)) return message;
  return { ...message, data: { ...(message.data as object), enabled: true } };
}
