import { mayBeWatched, timeOf, Watch } from "../diagnose/watch.ts";
import type { Found } from "./diagnose.ts";
import type { Asked, DiagnoseFlags } from "./diagnose-asked.ts";
import { toJson } from "./diagnose-report.ts";
import { lookOf, printable } from "./look.ts";
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
  const ended = untilEnded();
  const gone = new Promise<void>((resolve) => process.stdout.on("error", () => resolve()));
  const watch = new Watch();
  const isOver = Promise.race([ended, gone]).then(() => null);
  const look = lookOf(process.stdout);
  for (;;) {
    const found = await Promise.race([findOut(asked), isOver]);
    if (found === null) break;
    const at = Date.now();
    const change = watch.add(found.diagnosis, at);
    const when = new Date(at).toISOString();
    if (change !== null) writePages(found, flags);
    if (json) console.log(printable(JSON.stringify({ round: watch.rounds, at: when, changed: change !== null, ...toJson(found) })));
    else if (change !== null) {
      const [first = "", ...more] = change.lines;
      const mark = look.paint(found.diagnosis.verdict.fault === null ? "green" : "red", first === "" ? "" : printable(first));
      console.log([`${timeOf(at)}  round ${change.round}  ${mark}`, ...more.map((line) => `          ${printable(line)}`)].join("\n"));
    }
    if ((await Promise.race([pause(interval === true || interval === undefined ? INTERVAL_MS : interval), isOver])) === null) break;
  }
  // Of programs that read the rounds this is not asked.
  const tell = json ? console.error : console.log;
  if (watch.rounds > 0) tell(["", ...watch.summary().map(printable)].join("\n"));
  return watch.hasFault ? 1 : 0;
}

/** Does not keep the process alive by itself once all is told. */
function pause(ms: number): Promise<true> {
  return new Promise((resolve) => setTimeout(resolve, ms, true));
}
