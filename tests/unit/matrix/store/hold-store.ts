/** A process that holds a store until it is killed. */
import { openIndexedDb } from "../../../../electron/matrix/store/indexed-db.ts";

await openIndexedDb(process.argv[2] ?? "");
process.send?.("held");
setInterval(() => {}, 60_000);
