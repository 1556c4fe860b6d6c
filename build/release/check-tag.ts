// node build/release/check-tag.ts v1.2.3: fails where the tag is not the version that the installers say.
import { manifest } from "./manifest.ts";

const [, , tag] = process.argv;
const wanted = `v${manifest.version}`;
if (tag !== wanted) {
  console.error(`the tag is ${tag}, but package.json's version makes it ${wanted}`);
  process.exitCode = 1;
}
