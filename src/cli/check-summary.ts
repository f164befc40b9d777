import type { CheckResult } from "../check/check-result.ts";
import type { Reason, Tally } from "../check/summary.ts";
import { EXIT_SCHEMES } from "../core/route.ts";
import { writeCard } from "./check-card.ts";
import { STATES } from "./check-order.ts";
import { writeTable } from "./check-table.ts";
import { format, type Look, plural, wrap } from "./look.ts";

/** What the report at the end is made of. */
export interface Ending {
  readonly tally: Tally;
  /** The best ones that passed the filter, dead ones too. */
  readonly results: readonly CheckResult[];
  /** How many passed the filter, without the dead ones. */
  readonly passed: number;
  readonly isFiltered: boolean;
  /** Those whose results are an earlier run's. */
  readonly earlier: number;
  readonly ms: number;
  /** The run was ended before all were checked. */
  readonly isStopped: boolean;
}

/** What people read at the end: one proxy in full, or a table and why the others are dead. */
export function writeReport(ending: Ending, look: Look): string[] {
  const { tally, results, isStopped } = ending;
  const [only] = results;
  const margin = look.width === null ? [] : [""];
  if (tally.done === 1 && only !== undefined && !isStopped) return [...margin, ...writeCard(only, look), ...margin];
  // In a long list the dead ones would hide the others, and the summary has them by their reasons.
  const shown = (tally.done <= DEAD_SHOWN_MAX ? results : results.filter(({ state }) => state !== "dead")).slice(0, ROWS_MAX);
  const more = ending.passed - shown.length;
  return [
    ...margin,
    ...(shown.length === 0 ? [] : writeTable(shown, look)),
    ...(tally.done > DEAD_SHOWN_MAX && more > 0 && shown.length === ROWS_MAX
      ? [`… and ${format(more)} more: --output results.csv writes all of them`]
      : []),
    ...(shown.length === 0 ? [] : [""]),
    ...writeSummary(ending, look),
    ...(results.length === 0 && tally.done > tally.states.dead ? ["", NONE_ASKED_FOR] : []),
    ...margin,
  ];
}

/** How many there were of each kind, and why. */
export function writeSummary({ tally, ms, isStopped, earlier, isFiltered, passed }: Ending, look: Look): string[] {
  const { states, duplicates, badLines, done } = tally;
  const counts = STATES.filter((state) => states[state] > 0).map((state) => `${state} ${format(states[state])}`);
  const perSecond = Math.round(((done - earlier) * 1000) / ms);
  const rate = ms >= RATE_MS_MIN && perSecond > 0 ? ` (${format(perSecond)}/s)` : "";
  const before = earlier > 0 ? `, ${earlier === done ? "all" : format(earlier)} of an earlier run` : "";
  const aside = [
    ...(duplicates > 0 ? [plural(duplicates, "duplicate", "duplicates")] : []),
    ...(badLines > 0 ? [plural(badLines, "bad line", "bad lines")] : []),
  ];
  const head =
    done === 0
      ? `stopped after ${formatTime(ms)}, before one proxy was checked`
      : `${plural(done, "proxy", "proxies")}${isStopped ? " so far" : ""}${before}${isStopped || earlier > 0 ? "," : ""} in ${formatTime(ms)}${rate}: ${counts.join(", ")}`;
  return [
    ...wrap(`${head}${aside.length === 0 ? "" : `; ${aside.join(", ")}`}`, look.width ?? WIDE_CHARS),
    ...(states.answers > 0 ? wrap(ANSWERS, (look.width ?? WIDE_CHARS) - 2).map((line) => `  ${line}`) : []),
    ...(isFiltered && done > 0 ? [`  ${"as asked for".padEnd(14)}${format(passed)}`] : []),
    ...counted(
      "by protocol",
      EXIT_SCHEMES.map((scheme) => [scheme, tally.protocols[scheme] ?? 0] as const),
    ),
    ...counted(
      "by anonymity",
      (["elite", "anonymous", "transparent"] as const).map((level) => [level, tally.anonymity[level]] as const),
    ),
    ...counted("by target", [
      ["as expected", tally.targets.expected],
      ["not as expected", tally.targets.unexpected],
    ]),
    ...reasons("How they lie", tally.lies, look),
    ...reasons("Why they are dead", tally.reasons, look),
  ];
}

const ANSWERS =
  "answers: it speaks a proxy's protocol, but nothing could be verified through it. A judge that it can reach tells more (--judge URL)";

const NONE_ASKED_FOR = "None of them is what was asked for.";

const ROWS_MAX = 200;
/** Proxies of a list in which the dead ones are shown too. */
const DEAD_SHOWN_MAX = 40;
/** A shorter run has no rate to speak of. */
const RATE_MS_MIN = 1000;
/** Characters of a line that goes to no terminal. */
const WIDE_CHARS = 160;

function counted(name: string, counts: readonly (readonly [string, number])[]): string[] {
  const present = counts.filter(([, count]) => count > 0).map(([what, count]) => `${what} ${format(count)}`);
  return present.length === 0 ? [] : [`  ${name.padEnd(14)}${present.join(", ")}`];
}

function reasons(title: string, all: readonly Reason[], look: Look): string[] {
  if (all.length === 0) return [];
  const countWidth = Math.max(5, ...all.map(({ count }) => format(count).length));
  const idWidth = Math.max(...all.map(({ fault }) => fault.length));
  const width = look.width ?? WIDE_CHARS;
  const lines = all.flatMap(({ count, fault, details, summary }) => {
    const start = `  ${format(count).padStart(countWidth)}  ${fault.padEnd(idWidth)}  `;
    const below = " ".repeat(countWidth + 4);
    if (width - start.length < REASON_CHARS_MIN)
      return [start.trimEnd(), ...wrap(count === 1 ? details : summary, width - below.length).map((line) => below + line)];
    return wrap(count === 1 ? details : summary, width - start.length).map(
      (line, i) => (i === 0 ? start : " ".repeat(start.length)) + line,
    );
  });
  return ["", `${title}:`, ...lines];
}

/** With less beside its id, a reason stands below it. */
const REASON_CHARS_MIN = 24;

/** `4.2 s`, `3 min 20 s`. */
export function formatTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
