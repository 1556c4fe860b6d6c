import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to this process's
 * @property {(line: string) => void} [report] told each line of output
 * @property {AbortSignal} [signal] kills it
 * @property {boolean} [shell]
 */

/**
 * Runs a program to its end; returns what it wrote to stdout. Throws with the end of its output when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, { cwd, env, report, signal, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" }),
      env: { ...process.env, ...env },
      shell,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    /** @type {string[]} */
    const output = [];
    /** @param {Buffer} data */
    const take = (data) => {
      for (const raw of stripVTControlCharacters(data.toString()).split(/[\r\n]+/)) {
        const line = raw.trim();
        if (!line) continue;
        report?.(line);
        output.push(line);
        // The reason of a failure is at the beginning or at the end of what a program says.
        if (output.length > 40) output.splice(10, 1);
      }
    };
    child.stdout.on("data", (/** @type {Buffer} */ data) => {
      stdout += data.toString();
      take(data);
    });
    child.stderr.on("data", take);
    child.once("error", (error) => reject(new Error(`${command}: ${error.message}`, { cause: error })));
    child.once("close", (code, killed) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(
            `${[command, ...args].join(" ")}: ${killed ?? `exit code ${code}`}\n${output.join("\n")}`,
          ),
        );
    });
  });
}
