import { isIdempotent } from "../wire/http1/idempotent.ts";
import { wholeRoutes } from "./conclude.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Question, TestResult } from "./question.ts";

/** What a round showed that the one before it did not. */
export interface Change {
  /** 1 = the first, which is always a change. */
  readonly round: number;
  /** In words: how it is now, and what it was before. */
  readonly lines: readonly string[];
}

/** Rounds of the same diagnosis: what changes between them, and how often each thing came. Memory does not grow with the rounds. */
export class Watch {
  /** Ways in which a round ended. */
  readonly #endings = new Map<string, Ending>();
  readonly #routes = new Map<string, RouteCount>();
  #rounds = 0;
  #now: Now | null = null;

  get rounds(): number {
    return this.#rounds;
  }

  /** Something was broken in one of them. */
  get hasFault(): boolean {
    return [...this.#endings.values()].some(({ isFault }) => isFault);
  }

  /**
   * Counts a round; null: it ended like the last one.
   *
   * @param at milliseconds since 1970
   */
  add(diagnosis: Diagnosis, at: number): Change | null {
    this.#rounds++;
    const name = nameOf(diagnosis);
    this.#count(name, diagnosis, at);
    const before = this.#now;
    const routes = new Map(wholeRoutes(diagnosis.tests).map((test) => [test.spec.route, test]));
    const turned = before === null ? [] : [...routes].flatMap(([route, test]) => turnOf(route, before.routes.get(route), test));
    const isSame = before !== null && before.name === name && turned.length === 0;
    // A route that was not waited for is as it was.
    const known = new Map([...(before?.routes ?? []), ...routes]);
    this.#now = { name, since: isSame ? before.since : at, rounds: isSame ? before.rounds + 1 : 1, routes: known };
    if (isSame) return null;
    const was =
      before === null || before.name === name ? "" : ` Before: ${before.name}, ${timesOf(before.rounds)}, ${secondsOf(at - before.since)}.`;
    return { round: this.#rounds, lines: [`${diagnosis.verdict.summary}${was}`, ...turned, ...hintsIn(diagnosis)] };
  }

  /** All rounds in a few lines. */
  summary(): string[] {
    const endings = [...this.#endings].sort(([, one], [, other]) => other.rounds - one.rounds);
    const routes = [...this.#routes].map(([route, { ok, fault }]) => `${route}: ${ok} of ${ok + fault} worked`);
    return [
      `${timesOf(this.#rounds)}`,
      ...endings.map(
        ([name, { rounds, first, last }]) => `${share(rounds, this.#rounds)}  ${name} (${timesOf(rounds)}, ${spanOf(first, last)})`,
      ),
      ...routes,
    ];
  }

  #count(name: string, { verdict, tests }: Diagnosis, at: number): void {
    const key = this.#endings.has(name) || this.#endings.size < ENDINGS_MAX ? name : "others";
    const { rounds, first } = this.#endings.get(key) ?? { rounds: 0, first: at };
    this.#endings.set(key, { rounds: rounds + 1, first, last: at, isFault: verdict.fault !== null });
    for (const { spec, outcome } of wholeRoutes(tests)) {
      const { ok, fault } = this.#routes.get(spec.route) ?? { ok: 0, fault: 0 };
      this.#routes.set(spec.route, outcome === "ok" ? { ok: ok + 1, fault } : { ok, fault: fault + 1 });
    }
  }
}

/** Whether a question may be asked again and again. */
export function mayBeWatched({ method }: Question): boolean {
  return isIdempotent(method);
}

const ENDINGS_MAX = 50;

interface Ending {
  readonly rounds: number;
  readonly first: number;
  readonly last: number;
  readonly isFault: boolean;
}

interface RouteCount {
  readonly ok: number;
  readonly fault: number;
}

interface Now {
  readonly name: string;
  readonly since: number;
  readonly rounds: number;
  /** Bounded by the routes of the question. */
  readonly routes: ReadonlyMap<string, TestResult>;
}

function nameOf({ verdict: { fault, culprit, hop, confidence } }: Diagnosis): string {
  if (fault === null) return confidence === 0 ? "nothing could be told" : "well";
  return `${fault}, culprit ${culprit}${hop === 0 ? "" : `, hop ${hop}`}`;
}

function hintsIn({ hints }: Diagnosis): string[] {
  return hints.map(({ words, command, at }) => `${at === "there" ? "On its machine: " : ""}${words} Look: ${command}`);
}

/** Numbers in what it says (times, bytes) may differ from round to round. */
function turnOf(route: string, before: TestResult | undefined, now: TestResult): string[] {
  if (before === undefined || stateOf(before) === stateOf(now)) return [];
  return [`${route}: ${before.words || "works"} -> ${now.words || "works"}`];
}

function stateOf({ outcome, status, attributed }: TestResult): string {
  return `${outcome} ${status} ${attributed?.fault.id}`;
}

function timesOf(rounds: number): string {
  return rounds === 1 ? "1 round" : `${rounds.toLocaleString("en-US")} rounds`;
}

const SECOND_MS = 1000;

function secondsOf(ms: number): string {
  return `${Math.round(ms / SECOND_MS).toLocaleString("en-US")} s`;
}

function share(part: number, all: number): string {
  return `${Math.round((100 * part) / all)
    .toString()
    .padStart(3)} %`;
}

function spanOf(first: number, last: number): string {
  return first === last ? `at ${timeOf(first)}` : `${timeOf(first)} to ${timeOf(last)}`;
}

/** `14:02:07`, as the clock on the wall has it. */
export function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, "00:00:00".length);
}
