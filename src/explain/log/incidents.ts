import type { Culprit } from "../../core/fault.ts";
import { hideLikelySecrets } from "../hide-likely-secrets.ts";
import { detach } from "./line-cutter.ts";
import type { AnyFaultId, LogEvent, LogFormat, LogProgram } from "./log-event.ts";
import { RateBars } from "./rate-bars.ts";
import { TopCounts } from "./top-counts.ts";

/** The same fault at the same backend, without a long pause. */
export interface Incident {
  readonly program: LogProgram;
  readonly fault: AnyFaultId;
  /** As its lines name it; null: they do not. */
  readonly culprit: Culprit | null;
  readonly backend: string | null;
  count: number;
  /** Null: none of its lines has a time. */
  first: number | null;
  last: number | null;
  readonly bars: RateBars;
  /** Of how long requests took, in tenths of a second. */
  readonly times: TopCounts;
  readonly methods: TopCounts;
  readonly targets: TopCounts;
  readonly clients: TopCounts;
  readonly sample: Sample;
}

export interface Sample {
  readonly words: string;
  readonly file: string;
  readonly line: number;
}

/** So long a pause parts two incidents. */
export const PAUSE_MS: number = 15 * 60_000;
/** Of one fault at one backend; beyond it those with the shortest pause between them are joined. */
const SPANS_MAX = 6;
const KEYS_MAX = 1000;
const TOPS_MAX = 64;
const SAMPLE_CHARS_MAX = 600;

/** Groups failures as they come, in any order of time. What it remembers does not grow with the log. */
export class Incidents {
  /** Failures of faults and backends that were given up for others that came more often. */
  others = 0;
  readonly #spans = new Map<string, Incident[]>();

  add(event: LogEvent, fault: AnyFaultId, { program }: LogFormat, where: Omit<Sample, "words">): void {
    const backend = event.backend?.slice(0, NAME_CHARS_MAX) ?? null;
    const key = `${program} ${fault} ${event.culprit ?? ""} ${backend ?? ""}`;
    const spans = this.#spans.get(key) ?? this.#open(key);
    const incident = spans.find((one) => isNear(one, event.at)) ?? this.#begin(spans, { ...event, backend }, fault, program, where);
    incident.count++;
    if (event.at !== null) {
      incident.first = incident.first === null ? event.at : Math.min(incident.first, event.at);
      incident.last = incident.last === null ? event.at : Math.max(incident.last, event.at);
      incident.bars.add(event.at);
    }
    if (event.ms !== null) incident.times.add(String(Math.round(event.ms / 100) / 10));
    if (event.method !== null) incident.methods.add(event.method.slice(0, NAME_CHARS_MAX));
    if (event.target !== null) incident.targets.add(hideLikelySecrets(event.target).slice(0, NAME_CHARS_MAX));
    if (event.client !== null) incident.clients.add(event.client.slice(0, NAME_CHARS_MAX));
    if (spans.length > SPANS_MAX) joinNearest(spans);
  }

  read(): Incident[] {
    return [...this.#spans.values()].flat();
  }

  #open(key: string): Incident[] {
    if (this.#spans.size >= KEYS_MAX) this.#dropRare();
    const spans: Incident[] = [];
    this.#spans.set(detach(key), spans);
    return spans;
  }

  #begin(spans: Incident[], event: LogEvent, fault: AnyFaultId, program: LogProgram, where: Omit<Sample, "words">): Incident {
    const begun: Incident = {
      program,
      fault,
      culprit: event.culprit,
      backend: event.backend === null ? null : detach(event.backend),
      count: 0,
      first: null,
      last: null,
      bars: new RateBars(),
      times: new TopCounts(TOPS_MAX),
      methods: new TopCounts(TOPS_MAX),
      targets: new TopCounts(TOPS_MAX),
      clients: new TopCounts(TOPS_MAX),
      sample: { words: detach(hideLikelySecrets(event.words).slice(0, SAMPLE_CHARS_MAX)), ...where },
    };
    spans.push(begun);
    return begun;
  }

  #dropRare(): void {
    const count = (spans: readonly Incident[]) => spans.reduce((sum, one) => sum + one.count, 0);
    const rare = [...this.#spans].sort(([, one], [, other]) => count(one) - count(other)).slice(0, KEYS_MAX / 4);
    for (const [key, spans] of rare) {
      this.others += count(spans);
      this.#spans.delete(key);
    }
  }
}

/** Of a backend, a client, a method, a target. */
const NAME_CHARS_MAX = 200;

function isNear({ first, last }: Incident, at: number | null): boolean {
  return at === null || first === null || last === null || (at >= first - PAUSE_MS && at <= last + PAUSE_MS);
}

function joinNearest(spans: Incident[]): void {
  spans.sort((one, other) => (one.first ?? 0) - (other.first ?? 0));
  const pause = (index: number) => (spans[index + 1]?.first ?? 0) - (spans[index]?.last ?? 0);
  let nearest = 0;
  for (let index = 1; index < spans.length - 1; index++) if (pause(index) < pause(nearest)) nearest = index;
  const [taken] = spans.splice(nearest + 1, 1);
  const kept = spans[nearest];
  if (kept !== undefined && taken !== undefined) join(kept, taken);
}

/** Adds one incident to another. */
export function join(kept: Incident, taken: Incident): void {
  kept.count += taken.count;
  kept.first = least(kept.first, taken.first, Math.min);
  kept.last = least(kept.last, taken.last, Math.max);
  kept.bars.addAll(taken.bars.read());
  for (const name of ["times", "methods", "targets", "clients"] as const) kept[name].addAll(taken[name]);
}

function least(one: number | null, other: number | null, choose: (one: number, other: number) => number): number | null {
  return one === null ? other : other === null ? one : choose(one, other);
}

/** Whether requests for the same failed in both: then one has likelier to do with the other than what failed elsewhere. */
export function shareTarget(one: Incident, other: Incident): boolean {
  return one.targets.sharesWith(other.targets);
}
