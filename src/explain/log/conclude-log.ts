import { causesIn, NEAR_MS } from "./first-causes.ts";
import { IncidentIndex } from "./incident-index.ts";
import { type Incident, join, shareTarget } from "./incidents.ts";
import { decodeBytes } from "./line-cutter.ts";
import { wordsOfFault } from "./log-faults.ts";
import type { LogReport, ShapesTold, ToldIncident } from "./log-report.ts";
import { settingFor } from "./settings.ts";
import { type Surroundings, suspicionsOf } from "./suspicions.ts";
import { TopCounts } from "./top-counts.ts";

/** What was read, before anything is concluded from it. */
export interface LogFacts {
  readonly lines: number;
  readonly bytes: number;
  readonly failures: number;
  /** Requests that were answered without a failure. */
  readonly answered: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly formats: LogReport["formats"];
  readonly cutLines: number;
  readonly strangeTimes: number;
  readonly incidents: readonly Incident[];
  readonly otherFailures: number;
  readonly unknown: ShapesTold;
  readonly unexplained: ShapesTold;
}

/** Ranks the incidents, says which of them follow from which, and what to change. */
export function concludeLog(facts: LogFacts): LogReport {
  const incidents = joinUmbrellas(facts.incidents);
  const index = new IncidentIndex(incidents);
  const candidates = new Map(incidents.map((one) => [one, causesIn(one, index)]));
  const followers = Map.groupBy(incidents, (one) => candidates.get(one)?.[0] ?? null);
  const following = (one: Incident) => followers.get(one) ?? [];
  const harms = new Map(incidents.map((one) => [one, [one, ...following(one)].reduce((sum, other) => sum + harmOf(other), 0)]));
  const harm = (one: Incident) => harms.get(one) ?? 0;
  const roots = (followers.get(null) ?? []).toSorted((one, other) => harm(other) - harm(one));
  const ranked = roots.flatMap((root) => [root, ...following(root).toSorted((one, other) => harmOf(other) - harmOf(one))]);
  const numbers = new Map(ranked.map((one, index) => [one, index + 1]));
  const told = ranked.map((one, rank): ToldIncident => {
    const [followsFrom = null, ...orFrom] = (candidates.get(one) ?? []).flatMap((cause) => numbers.get(cause) ?? []);
    const isShared = following(one).some((other) => (candidates.get(other) ?? []).length > 1);
    const place = { number: rank + 1, followsFrom, orFrom, following: following(one), isShared };
    return tell(one, place, { index, answered: facts.answered });
  });
  return {
    kind: "log",
    lines: facts.lines,
    bytes: facts.bytes,
    failures: facts.failures,
    first: iso(facts.first),
    last: iso(facts.last),
    formats: facts.formats,
    incidents: told,
    otherFailures: facts.otherFailures,
    unknown: facts.unknown,
    unexplained: facts.unexplained,
    notes: notesOn(facts),
  };
}

/** Umbrellas give way to what another line says more exactly of the same backend at the same time. */
const UMBRELLAS: Readonly<Record<string, RegExp>> = {
  "connect.failed": /^connect\./,
  "dns.error": /^dns\./,
  "tls.handshake_failed": /^tls\./,
  "head.closed": /^head\.(?:closed_empty|reset|keepalive_race)$/,
};

function joinUmbrellas(all: readonly Incident[]): Incident[] {
  const index = new IncidentIndex(all);
  const gone = new Set<Incident>();
  for (const one of all) {
    const child = UMBRELLAS[one.fault];
    if (child === undefined) continue;
    const exact = index
      .at(one.backend)
      .find((other) => other.fault !== one.fault && child.test(other.fault) && overlap(one, other) && isOfSame(one, other));
    if (exact === undefined) continue;
    join(exact, one);
    gone.add(one);
  }
  return all.filter((one) => !gone.has(one));
}

/** A line of another request says nothing of this one; notes have no request. */
function isOfSame(one: Incident, other: Incident): boolean {
  return one.targets.size === 0 || other.targets.size === 0 || shareTarget(one, other);
}

function overlap(one: Incident, other: Incident): boolean {
  if (one.first === null || other.first === null) return true;
  return one.first <= (other.last ?? 0) + NEAR_MS && other.first <= (one.last ?? 0) + NEAR_MS;
}

/** Failed requests of clients count whole; what clients did themselves, hosts that nobody serves, and notes, little. */
function harmOf({ fault, count }: Incident): number {
  if (fault.startsWith("client.") || fault === "gateway.no_route") return count * CLIENT_WEIGHT;
  if (fault === "gateway.backend_ejected") return count * NOTE_WEIGHT;
  return count;
}

const CLIENT_WEIGHT = 0.2;
const NOTE_WEIGHT = 0.1;

interface Place {
  readonly number: number;
  readonly followsFrom: number | null;
  readonly orFrom: readonly number[];
  readonly following: readonly Incident[];
  /** Some of these may follow from another as well. */
  readonly isShared: boolean;
}

function tell(one: Incident, { number, followsFrom, orFrom, following, isShared }: Place, around: Surroundings): ToldIncident {
  const { culprit, stage, summary, fix } = wordsOfFault(one.fault, one.program, one.culprit);
  const { fromMs, widthMs, counts } = one.bars.read();
  const { words, file, line } = one.sample;
  const most = Math.max(0, ...counts);
  return {
    number,
    program: one.program,
    fault: one.fault,
    culprit,
    stage,
    backend: one.backend === null ? null : decodeBytes(one.backend),
    count: one.count,
    first: iso(one.first),
    last: iso(one.last),
    rate: { barMs: widthMs, counts: one.first === null || fromMs > one.first ? [] : counts },
    perMinuteMax: widthMs >= MINUTE_MS ? Math.round((most * MINUTE_MS) / widthMs) : mostIn(counts, Math.round(MINUTE_MS / widthMs)),
    targets: one.targets
      .read()
      .slice(0, TARGETS_MAX)
      .map(({ text, count }) => ({ text: decodeBytes(text), count })),
    clients: one.clients.complete ? one.clients.size : null,
    line: { file, line, words: decodeBytes(words) },
    summary,
    followsFrom,
    orFrom,
    likely: likelyOf(one, following, isShared),
    suspicions: suspicionsOf(one, around),
    fix,
    setting: settingFor(one.program, one.fault),
  };
}

const TARGETS_MAX = 5;
const MINUTE_MS = 60_000;

/** The most in so many bars in a row. */
function mostIn(counts: readonly number[], bars: number): number {
  let sum = 0;
  let most = 0;
  for (const [index, count] of counts.entries()) {
    sum += count - (counts[index - bars] ?? 0);
    most = Math.max(most, sum);
  }
  return most;
}

function likelyOf(one: Incident, following: readonly Incident[], isShared: boolean): string | null {
  if (following.length === 0 || one.first === null) return null;
  const counts = new TopCounts(FAULTS_MAX);
  for (const { fault, count } of following) counts.add(fault, count);
  const parts = counts.read().map(({ text, count }) => `${count.toLocaleString("en-US")} ${text}`);
  const what = BEGINNINGS[one.fault] ?? `began to fail with ${one.fault}`;
  const backend = one.backend === null ? "the backend" : decodeBytes(one.backend);
  return `${backend} ${what} at ${iso(one.first)?.slice(11, 19)}; ${parts.join(", ")} ${isShared ? "follow from it, or from others that began with it" : "follow from it"}`;
}

/** More than are consequences. */
const FAULTS_MAX = 64;

const BEGINNINGS: Readonly<Record<string, string>> = {
  "connect.refused": "stopped accepting",
  "connect.timeout": "stopped answering to connections",
  "connect.failed": "could not be reached any more",
  "connect.host_unreachable": "could not be reached any more",
  "gateway.backend_down": "was taken out by its health check",
  "head.timeout": "became too slow to answer",
  "head.closed": "began to close connections without an answer",
  "head.reset": "began to reset connections",
};

function notesOn({ cutLines, strangeTimes, unknown, lines, formats }: LogFacts): string[] {
  const plural = (count: number, one: string, many: string) => `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
  return [
    ...(cutLines > 0 ? [`${plural(cutLines, "line is", "lines are")} longer than 64 KiB: only the start was read`] : []),
    ...(strangeTimes > 0
      ? [`${plural(strangeTimes, "line has a time", "lines have times")} more than a year off from the lines around: counted at theirs`]
      : []),
    ...(formats.length === 0 && lines > 0 ? ["no line is of a format that is known"] : []),
    ...(unknown.lines > 0 && formats.length > 0
      ? [`${plural(unknown.lines, "line is", "lines are")} of no format that is known; by shape below`]
      : []),
  ];
}

/** Of the log's own clock, so without a zone. */
function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString().slice(0, 19);
}
