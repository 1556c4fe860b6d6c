// One line for each step: on a terminal in place, with the elapsed time and the last line of output; elsewhere when
// it begins, when it ends, and now and then between, so that a log shows where time goes.

/** @typedef {{ label: string, since: number, line: string, told: number }} Step */

/** @type {Set<Step>} */
const running = new Set();
const terminal = process.stdout.isTTY === true;
const quietMs = 20_000;
/** @type {NodeJS.Timeout | undefined} */
let ticking;

/** @param {string} line */
export function print(line) {
  erase();
  process.stdout.write(`${line}\n`);
  draw();
}

/**
 * Runs one step of the set-up under its line.
 * @template T
 * @param {string} label
 * @param {(report: (line: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(label, work) {
  const step = { label, since: Date.now(), line: "", told: Date.now() };
  running.add(step);
  if (!terminal) print(`${label} …`);
  ticking ??= setInterval(tick, terminal ? 200 : 1_000);
  try {
    const result = await work((line) => (step.line = line.slice(0, 100)));
    running.delete(step);
    print(`${label}: done in ${elapsed(step)}`);
    return result;
  } catch (error) {
    running.delete(step);
    print(`${label}: failed after ${elapsed(step)}`);
    throw error;
  }
}

/** Ends the drawing. */
export function finish() {
  clearInterval(ticking);
  ticking = undefined;
  erase();
}

/** @param {Step} step */
function elapsed(step) {
  const seconds = Math.round((Date.now() - step.since) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function tick() {
  if (terminal) {
    erase();
    draw();
    return;
  }
  for (const step of running) {
    if (Date.now() - step.told < quietMs) continue;
    step.told = Date.now();
    print(`${step.label}: ${elapsed(step)}${step.line && `, ${step.line}`}`);
  }
}

function erase() {
  if (terminal) process.stdout.write("\r\u001b[2K");
}

function draw() {
  if (!terminal || running.size === 0) return;
  const text = [...running]
    .map((step) => `${step.label} ${elapsed(step)}${step.line && ` ${step.line}`}`)
    .map((part) => part.slice(0, Math.floor((process.stdout.columns - 1) / running.size) - 3))
    .join(" | ");
  process.stdout.write(text);
}
