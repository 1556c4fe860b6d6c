import { Room } from "@livekit/rtc-node";

import { rtcMatrix } from "../../../electron/matrix/rtc-matrix.ts";
import type { Fetch } from "../../../electron/rtc/authorization-services.ts";
import { Grants } from "../../../electron/rtc/grants.ts";
import { sfuIdentity } from "../../../electron/rtc/identity.ts";
import { OwnTransport } from "../../../electron/rtc/own-transport.ts";
import type { RtcMatrix } from "../../../electron/rtc/ports.ts";
import type { OwnSelf } from "../../../electron/rtc/types.ts";
import { clock } from "../../../electron/shell/clock.ts";
import type { SfuGrant } from "../../../shared/ipc/contract.ts";
import type { Person } from "../../support/people.ts";
import { signInParts } from "../../support/signed-in.ts";

/** Somebody's grants, over the real client and the real network, of which services are noted. */
export interface Caller {
  readonly matrix: RtcMatrix;
  readonly self: OwnSelf;
  readonly grants: Grants;
  readonly asked: string[];
  quit(): Promise<void>;
}

export async function caller(person: Person): Promise<Caller> {
  const asked: string[] = [];
  const opened = Promise.withResolvers<RtcMatrix>();
  const parts = await signInParts({
    onOpen: ({ client }) => {
      opened.resolve(rtcMatrix(client));
      return () => Promise.resolve();
    },
  });
  await parts.signIn.login(person.homeserver.url, person.name, person.password);
  const matrix = await opened.promise;
  const fetch: Fetch = (input, init) => {
    asked.push(new URL(String(input)).pathname);
    return globalThis.fetch(input, init);
  };
  const memberId = crypto.randomUUID();
  const identity = sfuIdentity([matrix.user, matrix.device, memberId]);
  return {
    matrix,
    self: { form: "sticky", memberId, identity },
    asked,
    grants: new Grants({ matrix, clock, fetch, transport: new OwnTransport(matrix, clock, () => null) }),
    async quit() {
      await parts.quit();
      await parts.remove();
    },
  };
}

export async function connected({ url, token }: SfuGrant): Promise<Room> {
  const there = new Room();
  await there.connect(url, token, { autoSubscribe: false, dynacast: false });
  return there;
}
