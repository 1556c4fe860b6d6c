import { MatrixError } from "matrix-js-sdk";
import { expect, test } from "vitest";

import { authorised, type Authorisation } from "../../../electron/matrix/interactive-auth.ts";

const refusal = (data: object, status = 401) => new MatrixError(data, status);
const wants = (stage: string, params = {}) =>
  refusal({ session: "s", flows: [{ stages: [stage] }], params: { [stage]: params } });

/** A server that answers in turn, and what was asked of it. */
function server(...answers: (MatrixError | null)[]) {
  const asked: (object | null)[] = [];
  return {
    asked,
    request: (auth: object | null) => {
      asked.push(auth);
      const answer = answers.shift();
      return answer ? Promise.reject(answer) : Promise.resolve();
    },
  };
}

function somebody(more: Partial<Authorisation> = {}) {
  const pages: string[] = [];
  const how: Authorisation = {
    user: "@alice:example.org",
    homeserver: "https://hs.example.org",
    password: null,
    browser: (url) => {
      pages.push(url);
      return Promise.resolve();
    },
    pause: () => Promise.resolve(),
    ...more,
  };
  return { how, pages };
}

test("what the server does without a word needs nothing", async () => {
  const { asked, request } = server(null);
  await authorised(request, somebody().how);
  expect(asked).toEqual([null]);
});

test("the password goes with the session of the refusal", async () => {
  const { asked, request } = server(wants("m.login.password"), null);
  await authorised(request, somebody({ password: "secret" }).how);
  expect(asked[1]).toEqual({
    type: "m.login.password",
    identifier: { type: "m.id.user", user: "@alice:example.org" },
    password: "secret",
    session: "s",
  });
});

test.each([
  ["password-needed", wants("m.login.password"), {}],
  ["wrong-password", wants("m.login.password"), { password: "guess" }],
  ["login-unsupported", wants("m.login.recaptcha"), { password: "secret" }],
  ["approval-needed", wants("m.oauth", { url: "https://account.example.org/" }), { browser: null }],
  ["login-unsupported", wants("m.oauth", { url: "file:///etc/passwd" }), {}],
  ["rate-limited", refusal({ errcode: "M_LIMIT_EXCEEDED" }, 429), {}],
  ["server-error", refusal({ errcode: "M_UNKNOWN" }, 500), {}],
] as const)("it fails with %s", async (code, answer, more) => {
  const { request } = server(answer, answer, answer);
  await expect(authorised(request, somebody(more).how)).rejects.toMatchObject({ code });
});

test.each(["m.oauth", "org.matrix.cross_signing_reset"])(
  "%s is approved in the browser and asked for again",
  async (stage) => {
    const refused = wants(stage, { url: "https://account.example.org/?action=reset" });
    const { asked, request } = server(refused, refused, refused, null);
    const { how, pages } = somebody();
    await authorised(request, how);
    expect(pages).toEqual(["https://account.example.org/?action=reset"]);
    expect(asked.slice(1)).toEqual([{ session: "s" }, { session: "s" }, { session: "s" }]);
  },
);

test("single sign-on is done on the homeserver's own page", async () => {
  const { request } = server(wants("m.login.sso"), null);
  const { how, pages } = somebody();
  await authorised(request, how);
  expect(pages).toEqual(["https://hs.example.org/_matrix/client/v3/auth/m.login.sso/fallback/web?session=s"]);
});

test("whoever does not approve in time ends it", async () => {
  const refused = wants("m.login.sso");
  const { request } = server(refused, refused, refused);
  const late = new Error("late");
  await expect(authorised(request, somebody({ pause: () => Promise.reject(late) }).how)).rejects.toBe(late);
});
