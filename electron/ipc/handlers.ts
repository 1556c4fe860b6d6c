import { AppError } from "../../shared/errors.ts";
import { roomLink } from "../../shared/links.ts";
import { serverOf } from "../../shared/matrix/ids.ts";
import type { AppState } from "../../shared/state/app-state.ts";
import type { Settings } from "../../shared/state/settings.ts";
import type { Running } from "../calls/running.ts";
import type { SignIn } from "../calls/session.ts";
import { acceptInvitation, directRoom, peopleIn, refuseInvitation, searchPeople } from "../matrix/people.ts";
import type { OpenExternal, Screens } from "../ports.ts";
import type { Store } from "../state/store.ts";
import { CompanyServer } from "./company-server.ts";
import type { Publisher } from "./publish.ts";
import type { Handlers } from "./serve.ts";

export interface HandlerParts {
  readonly store: Store<AppState>;
  readonly publisher: Publisher;
  readonly signIn: SignIn;
  readonly running: () => Running | null;
  readonly screens: Screens;
  readonly openExternal: OpenExternal;
  readonly changeSettings: (patch: Partial<Settings>) => void;
  /** A notice was read, and is not to come again. */
  readonly dismiss: (notice: AppState["notices"][number]) => void;
  /** Does nothing where the app does not update itself. */
  readonly updates: (asked: "check-asked" | "download-asked" | "restart-asked") => void;
}

/** What each command of the contract does. */
export function handlers({
  store,
  publisher,
  signIn,
  running,
  screens,
  openExternal,
  changeSettings,
  dismiss,
  updates,
}: HandlerParts): Handlers {
  const required = () => {
    const now = running();
    if (!now) throw new AppError("not-signed-in");
    return now;
  };
  const conductor = () => required().conductor;
  const ringing = () => required().ringing;
  const identity = () => required().identity;
  const inCall = () => {
    const { room } = conductor();
    if (!room) throw new AppError("denied", "in no call");
    return room;
  };

  const company = new CompanyServer(() => store.state);

  return {
    "window.ready": (_args, caller) => {
      // A call's window that came anew is on no SFU, whatever the one before it said last.
      if (caller.role === "call") running()?.conductor.disconnected();
      publisher.add(caller);
    },

    "session.discover": ({ server }) => company.discover(server, (name) => signIn.discover(name)),
    "session.login": ({ homeserver, user, password }) =>
      signIn.login(company.allowed(homeserver), user, password),
    "session.sso": ({ homeserver }) => signIn.singleSignOn(company.allowed(homeserver)),
    "session.cancel-sso": () => signIn.cancelSingleSignOn(),
    "session.oauth": ({ homeserver }) => signIn.oauth(company.allowed(homeserver)),
    "session.logout": () => signIn.logout(),
    "identity.verify": () => identity().verify(),
    "identity.verify-person": ({ user }) => identity().verifyPerson(user),
    "identity.accept": () => identity().accept(),
    "identity.compare": () => identity().compare(),
    "identity.scanned": ({ data }) => identity().scanned(data),
    "identity.confirm": ({ same }) => identity().confirm(same),
    "identity.cancel": () => identity().cancel(),
    "identity.recover": ({ key }) => identity().recover(key),
    "identity.reset": ({ password }) => identity().reset(password),
    "identity.new-recovery-key": () => identity().newRecoveryKey(),
    "notice.dismiss": ({ notice }) => dismiss(notice),

    "people.search": ({ term }) => searchPeople(signIn.required.client, term),
    "room.direct": async ({ user }) => ({ room: await directRoom(signIn.required.client, user) }),
    "room.accept": ({ room }) => acceptInvitation(signIn.required.client, room),
    "room.refuse": ({ room }) => refuseInvitation(signIn.required.client, room),
    "room.open-elsewhere": ({ room }) => openExternal(roomLink(room, serverOf(signIn.required.session.user))),

    "room.people": ({ room }) => peopleIn(signIn.required.client, room),

    "call.open": ({ room, intent }) => conductor().open(room, intent),
    "call.join": ({ intent, ring }) => conductor().join(intent, ring),
    "call.ring": ({ ring }) => conductor().ringInto(ring),
    "call.again": () => conductor().again(),
    "call.swap": () => conductor().swap(),
    "call.leave": () => conductor().send({ type: "leave-asked" }),
    "call.grant": ({ transport }) => conductor().grant(transport),
    "call.keys": () => conductor().keys(),
    "call.connected": ({ room, connected }) => conductor().connected(room, connected),
    "call.hand": ({ raised }) => required().hands.raise(inCall(), raised),
    "call.react": ({ emoji }) => required().hands.react(inCall(), emoji),
    "call.intent": ({ intent }) => conductor().send({ type: "intent-changed", intent }),

    "ring.accept": ({ ring, intent, other }) => ringing().accept(ring, intent, other),
    "ring.decline": ({ ring }) => ringing().decline(ring),
    "ring.remind": ({ ring }) => ringing().remind(ring),
    "ring.reply": ({ ring, text }) => ringing().reply(ring, text),
    "ring.test": () => ringing().test(),
    "calls.seen": () => required().history.seen(),
    "lookup.shown": () => store.update((state) => ({ ...state, lookup: null })),

    "screens.list": () => screens.list(),
    "screens.choose": ({ id, audio }) => screens.choose(id, audio),

    "settings.change": (patch) => changeSettings(patch),

    "updates.check": () => updates("check-asked"),
    "updates.download": () => updates("download-asked"),
    "updates.restart": () => updates("restart-asked"),
  };
}
