// Owns a stack until it is killed; says what it owns.
import { startStack } from "../../stack/stack.ts";

const { folder, homeserver, sfu } = await startStack();
console.log(JSON.stringify({ folder, pids: [homeserver.pid(), sfu.pid()] }));
