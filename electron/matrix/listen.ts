import type { MatrixClient } from "matrix-js-sdk";

/** Listens to a client; returns how to stop. */
export const on: MatrixClientOn = (client, name, listener) => {
  client.on(name, listener);
  return () => client.off(name, listener);
};
type MatrixClientOn = <E extends Parameters<MatrixClient["on"]>[0]>(
  client: MatrixClient,
  name: E,
  listener: Parameters<typeof client.on<E>>[1],
) => () => void;

export const all =
  (...stops: (() => void)[]) =>
  () =>
    stops.forEach((stop) => stop());
