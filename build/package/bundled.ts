import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

import * as v from "valibot";
import type { Plugin } from "vite";

import { packageList, readPackage, refuse, thirdParty, type Bundled } from "./licences.ts";

const sourceMap = v.object({ sources: v.array(v.nullable(v.string())) });
const holding = v.object({ dependencies: v.optional(v.record(v.string(), v.string()), {}) });
const FOLDER = "node_modules/";
/** A package's folder, then its name. */
const OWNER = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/**
 * Says which packages have code in the bundles, with their licences, into `out/packages.json` and
 * `out/THIRD-PARTY.txt`; fails where one of them must not be shipped. One for all bundles, so that they add up.
 */
export function bundledPackages(root: string): Plugin {
  const found = new Map<string, Bundled>();
  const add = (one: Bundled) => found.set(`${one.name}@${one.version}`, one);
  return {
    name: "bundled-packages",
    apply: "build",
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) for (const one of packagesOf(root, id)) add(one);
      }
    },
    writeBundle() {
      const packages = [...found.values()].toSorted((a, b) =>
        a.name + a.version < b.name + b.version ? -1 : 1,
      );
      refuse(packages);
      const out = join(root, "out");
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, "packages.json"), `${JSON.stringify(packageList(packages), null, 2)}\n`);
      writeFileSync(join(out, "THIRD-PARTY.txt"), thirdParty(packages));
    },
  };
}

/** The package of a module, and those that were bundled into its file before it was published. */
export function packagesOf(root: string, id: string): Bundled[] {
  const file = id.replace(/^\0/, "").replace(/\?.*$/, "").replaceAll(sep, "/");
  const [, folder] = OWNER.exec(file) ?? [];
  if (folder === undefined) return [];
  const copies = inlined(`${file}.map`);
  // Generated code leaves no trace in a map: who holds some of its dependencies is taken to hold all.
  const others = copies.length > 0 ? dependencies(folder) : [];
  const all = new Map([...others, ...copies].map((copy) => [copy.name, copy]));
  return [read(folder), ...[...all.values()].map((copy) => copied(root, folder, copy))];
}

interface Copy {
  readonly name: string;
  /** Where the paths of its source map say it. */
  readonly version: string | null;
}

function inlined(map: string): Copy[] {
  if (!existsSync(map)) return [];
  const { sources } = v.parse(sourceMap, readJson(map));
  return sources.flatMap((source): Copy[] => {
    const [, folder = "", name] = OWNER.exec(source ?? "") ?? [];
    // pnpm's folders say the version.
    const [, version = null] = /\.pnpm\/[^/]+@([^/@_(]+)[^/]*\/node_modules\//.exec(folder) ?? [];
    return name === undefined ? [] : [{ name, version }];
  });
}

function dependencies(folder: string): Copy[] {
  const { dependencies } = v.parse(holding, readJson(join(folder, "package.json")));
  return Object.keys(dependencies).map((name) => ({ name, version: null }));
}

/** Of a copy inside another package, the licence is read where npm installed the same package. */
function copied(root: string, holder: string, { name, version }: Copy): Bundled {
  const folder = [join(holder, FOLDER, name), join(root, FOLDER, name)].find((each) => existsSync(each));
  if (folder === undefined) throw new Error(`${holder} holds ${name}, of which no licence is at hand`);
  const installed = read(folder);
  return { ...installed, version: version ?? installed.version };
}

function read(folder: string): Bundled {
  const texts = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name) && !/\.(js|ts|json|html)$/.test(name))
    .toSorted()
    .map((name) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim());
  return readPackage(readJson(join(folder, "package.json")), texts.length > 0 ? texts.join("\n\n") : null);
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
