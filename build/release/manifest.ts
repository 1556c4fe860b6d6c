import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What package.json says of the app. */
export const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
  // Our own file.
) as Readonly<Record<"name" | "productName" | "version" | "license", string>>;
