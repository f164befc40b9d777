import type { CheckResult, CheckState } from "../check/check-result.ts";
import type { ExitScheme } from "../core/route.ts";

export const SORT_KEYS = ["state", "latency", "speed", "anonymity", "country", "proxy"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export const ANONYMITY_LEVELS = ["transparent", "anonymous", "elite"] as const;
export type AnonymityLevel = (typeof ANONYMITY_LEVELS)[number];

/** Which results are printed. */
export interface Filter {
  readonly alive: boolean;
  readonly honest: boolean;
  readonly maxLatencyMs: number | null;
  /** At least that. */
  readonly anonymity: AnonymityLevel | null;
  /** In lower case; empty: any. */
  readonly countries: readonly string[];
  /** Empty: any. */
  readonly protocols: readonly ExitScheme[];
}

/** Whether a result is one of those that were asked for. */
export function passes(result: CheckResult, filter: Filter): boolean {
  const { alive, honest, maxLatencyMs, anonymity, countries, protocols } = filter;
  if (alive && !isAlive(result)) return false;
  if (honest && result.honesty.verdict !== "honest") return false;
  if (maxLatencyMs !== null && !((latencyOf(result) ?? Number.POSITIVE_INFINITY) <= maxLatencyMs)) return false;
  if (anonymity !== null && anonymityRank(result) < ANONYMITY_LEVELS.indexOf(anonymity)) return false;
  if (countries.length > 0 && !countries.includes((result.country ?? "").toLowerCase())) return false;
  return protocols.length === 0 || protocols.some((scheme) => result.protocols.includes(scheme));
}

/** Whether it leaves any out. */
export function isFiltering({ alive, honest, maxLatencyMs, anonymity, countries, protocols }: Filter): boolean {
  return alive || honest || maxLatencyMs !== null || anonymity !== null || countries.length > 0 || protocols.length > 0;
}

/** It works or answers, and where a target was asked through it, that went well too. */
export function isAlive({ state, target }: CheckResult): boolean {
  return (state === "works" || state === "answers") && target?.ok !== false;
}

/** Milliseconds of a whole request; null: none was measured. */
export function latencyOf({ ms }: CheckResult): number | null {
  return ms?.total ?? ms?.firstByte ?? null;
}

/** What includes another protocol: it resolves names too. */
export const LARGER: Partial<Readonly<Record<ExitScheme, ExitScheme>>> = { socks4: "socks4a", socks5: "socks5h" };

/** The one to use of those that a proxy speaks: where it resolves names itself, no name is told on this machine. Null: there is none. */
export function bestOf(protocols: readonly ExitScheme[]): ExitScheme | null {
  const [first] = protocols;
  if (first === undefined) return null;
  return protocols.find((scheme) => scheme === LARGER[first]) ?? first;
}

/** The better one first; equal ones as the state and the latency have it. */
export function compareBy(key: SortKey): (a: CheckResult, b: CheckResult) => number {
  return (a, b) => ORDERS[key](a, b) || ORDERS.state(a, b) || ORDERS.latency(a, b);
}

/** The best results of any number: no more than twice `max` are ever kept. */
export class BestResults<T> {
  #kept: T[] = [];
  readonly #max: number;
  readonly #compare: (a: T, b: T) => number;
  /** Those that were left out. */
  left = 0;

  constructor(max: number, compare: (a: T, b: T) => number) {
    this.#max = max;
    this.#compare = compare;
  }

  add(result: T): void {
    this.#kept.push(result);
    if (this.#kept.length >= 2 * this.#max) this.#cut();
  }

  /** Best first. */
  get results(): readonly T[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.#compare);
    this.left += Math.max(0, this.#kept.length - this.#max);
    this.#kept = this.#kept.slice(0, this.#max);
  }
}

/** The best one first. */
export const STATES: readonly CheckState[] = ["works", "answers", "lies", "dead"];

const ORDERS: Readonly<Record<SortKey, (a: CheckResult, b: CheckResult) => number>> = {
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  latency: (a, b) => difference(latencyOf(a), latencyOf(b)),
  speed: (a, b) => (b.bytesPerSecond ?? 0) - (a.bytesPerSecond ?? 0),
  anonymity: (a, b) => anonymityRank(b) - anonymityRank(a),
  // Unknown ones last.
  country: (a, b) => compareText(a.country ?? "~", b.country ?? "~"),
  proxy: (a, b) => compareText(a.proxy, b.proxy),
};

function anonymityRank({ anonymity }: CheckResult): number {
  return (ANONYMITY_LEVELS as readonly string[]).indexOf(anonymity.level);
}

function difference(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
