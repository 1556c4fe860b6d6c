import { expect, test } from "vitest";

import { startedFor } from "../../../electron/shell/asked-by.ts";

test.each([
  [["/opt/carillon"], "open"],
  [["/opt/carillon", "--hidden"], "hidden"],
  [["/opt/carillon", "--original-process-start-time=1", "--new-call"], "new-call"],
  [["/opt/carillon", "--quit"], "quit"],
  [["/opt/carillon", "--hidden", "--quit"], "quit"],
  [["/opt/carillon", "--", "--quit"], "open"],
  [["/opt/carillon", "--quit-not"], "open"],
])("%j asks for: %s", (argv, expected) => expect(startedFor(argv)).toBe(expected));
