import { withoutControls } from "../core/printable.ts";
import { type Change, mayBeWatched, timeOf, Watch } from "../diagnose/watch.ts";
import type { Found } from "./diagnose.ts";
import type { Asked, DiagnoseFlags } from "./diagnose-asked.ts";
import { toJson } from "./diagnose-report.ts";
import { lookOf } from "./look.ts";
import { untilEnded } from "./until-ended.ts";
import { UsageError } from "./usage-error.ts";

const INTERVAL_MS = 10_000;

/** What a round is made of. */
interface Steps {
  readonly findOut: (asked: Asked) => Promise<Found>;
  /** The files that are asked for, of the last round that showed something else. */
  readonly writePages: (found: Found, flags: DiagnoseFlags) => void;
}

/** Diagnoses again and again until Ctrl-C, and tells what changes. 1: something was broken in one of the rounds. */
export async function watchAsked(asked: Asked, flags: DiagnoseFlags, { findOut, writePages }: Steps): Promise<number> {
  const { json, watch: interval } = flags;
  const { method } = asked.question;
  if (!mayBeWatched(asked.question))
    throw new UsageError(`--watch sends the request again and again, which ${method} is not made for: watch a GET`);
  const untilOver = interruptible();
  const watch = new Watch();
  for (;;) {
    const found = await untilOver(findOut(asked));
    if (found === null) break;
    const at = Date.now();
    const change = watch.add(found.diagnosis, at);
    if (change !== null) writePages(found, flags);
    tellStatus("");
    if (json) console.log(tellLine(found, watch.rounds, { at, changed: change !== null }));
    else if (change !== null) console.log(tellChange(found, change, at).join("\n"));
    tellStatus(`${timeOf(at)}  round ${watch.rounds}${change === null ? ", nothing new" : ""}`);
    if ((await untilOver(pause(typeof interval === "number" ? interval : INTERVAL_MS))) === null) break;
  }
  tellStatus("");
  // Programs that read the rounds have not asked for it.
  const tell = json ? console.error : console.log;
  if (watch.rounds > 0) tell(["", ...watch.summary().map(withoutControls)].join("\n"));
  return watch.hasFault ? 1 : 0;
}

/** Waits for what it is given until Ctrl-C, or until nobody reads any more: null from then on. */
function interruptible(): <T>(promise: Promise<T>) => Promise<T | null> {
  let isOver = false;
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  void untilEnded().then(end);
  process.stdout.on("error", end);
  // No race with one promise that lives on, which would remember every round.
  return (promise) =>
    new Promise((resolve, reject) => {
      wake = () => resolve(null);
      if (isOver) resolve(null);
      promise.then(resolve, reject);
    });
}

function tellLine(found: Found, round: number, { at, changed }: { at: number; changed: boolean }): string {
  return withoutControls(JSON.stringify({ round, at: new Date(at).toISOString(), changed, ...toJson(found) }));
}

function tellChange({ diagnosis, notes }: Found, { round, lines }: Change, at: number): string[] {
  const look = lookOf(process.stdout);
  const [first = "", ...more] = lines;
  const told = look.paint(diagnosis.verdict.fault === null ? "green" : "red", withoutControls(first));
  const below = [...more, ...(round === 1 ? notes.map((note) => `note  ${note}`) : [])];
  return [`${timeOf(at)}  round ${round}  ${told}`, ...below.map((line) => `          ${withoutControls(line)}`)];
}

/** On a terminal alone: the line that is written over. */
function tellStatus(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

function pause(ms: number): Promise<true> {
  return new Promise((resolve) => setTimeout(resolve, ms, true));
}
