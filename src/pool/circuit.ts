import type { Random } from "../core/clock.ts";
import type { CircuitState } from "../core/event.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { CircuitRules } from "../core/settings.ts";
import type { Ways } from "./circuit-ways.ts";

/** A failure that is the target's, as far as can be told. */
export interface TargetFailure {
  readonly attributed: AttributedFault;
  /** Of the answer that it came with; null without one. */
  readonly status: number | null;
  /** The exit's id; null on a direct connection. */
  readonly exit: string | null;
  readonly kin: string;
  /** The exchange's id. */
  readonly exchange: string;
  /** Its exchange was let through to find out whether the target is back. */
  readonly isProbe: boolean;
}

/** Failures that are remembered, and so the most that may be asked for. */
const FAILURES_KEPT_MAX = 64;
/** One request may be what a target breaks on, however many exits it is sent through. */
const EXCHANGES_MIN = 2;
/** Where not all of few exits have failed, so many others must have, so many times as often as else. */
const EXITS_MIN = 2;
const LONG_RUNS = 3;
/** At most this share of what was seen lately may have worked. */
const WORKED_SHARE_MAX = 0.1;
/** Or so many failures came in a row that a target which fails every other time, or as often as it did, would hardly make them. */
const RUN_ODDS_MAX = 1e-6;
const RUN_USUAL_MIN = 0.5;
/** A probe that nobody has told the end of is given up after this time. Milliseconds. */
const PROBE_LOST_MS = 90_000;
/** A site that asks for longer is asked again all the same. Milliseconds. */
const ASKED_MAX_MS = 5 * 60_000;

interface Opened {
  readonly failure: TargetFailure;
  readonly since: number;
  readonly exits: number;
  readonly kins: number;
  /** What a control connection showed; null: none was made. */
  readonly control: string | null;
}

/**
 * One target's circuit, or that of one path on it.
 *
 *     closed -> open -> half-open (one request is the probe) -> closed
 *                 ^-------- fails --------'
 */
export class Circuit {
  readonly target: string;
  /** Null: all of the target. */
  readonly path: string | null;
  /** As it was last reported. */
  reported: CircuitState = "closed";
  #failures: { readonly exit: string | null; readonly kin: string; readonly exchange: string; readonly at: number }[] = [];
  #worked = 0;
  #workedAt = 0;
  /** Failures since something worked. */
  #run = 0;
  #opened: Opened | null = null;
  #probes = 0;
  #probeAt = 0;
  #probingSince: number | null = null;

  constructor(target: string, path: string | null) {
    this.target = target;
    this.path = path;
  }

  state(now: number): CircuitState {
    if (this.#opened === null) return "closed";
    return this.#isProbing(now) ? "half-open" : "open";
  }

  /** Nothing that it remembers counts any more. */
  isSpent(rules: CircuitRules, now: number): boolean {
    return this.#opened === null && (this.#failures.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < now - rules.window;
  }

  /** Whether it has to open. Failures over exits that cannot tell any more, since they broke themselves meanwhile, do not count. */
  count(failure: TargetFailure, ways: Ways, rules: CircuitRules, now: number): boolean {
    const { exit, kin, exchange } = failure;
    const since = now - rules.window;
    this.#failures.push({ exit, kin, exchange, at: now });
    this.#run++;
    this.#failures = this.#failures.filter((one) => one.at >= since && ways.includes(one.exit)).slice(-FAILURES_KEPT_MAX);
    return this.#opened === null && this.#isEnough(ways, rules, now);
  }

  /** Something came through. Closes it where that began after it opened; whether it did. */
  work(startedAt: number, rules: CircuitRules, now: number): boolean {
    this.#worked = this.#workedLately(rules, now) + 1;
    this.#workedAt = now;
    this.#run = 0;
    if (this.#opened === null || startedAt < this.#opened.since) return false;
    this.close();
    return true;
  }

  /** More comes through lately than of a target that is down. */
  worksAgain(rules: CircuitRules, now: number): boolean {
    const worked = this.#workedLately(rules, now);
    if (worked <= WORKED_SHARE_MAX * (worked + this.#failures.length)) return false;
    const earlier = Math.max(0, this.#failures.length - this.#run);
    return Math.max(RUN_USUAL_MIN, (1 + earlier) / (2 + earlier + worked)) ** this.#run > RUN_ODDS_MAX;
  }

  close(): void {
    this.#opened = null;
    this.#failures = [];
    this.#probes = 0;
    this.#probingSince = null;
  }

  open(failure: TargetFailure, control: string | null, { rules, random, now }: Chance): void {
    const exits = new Set(this.#failures.map(({ exit }) => exit)).size;
    const kins = new Set(this.#failures.map(({ kin }) => kin)).size;
    this.#opened = { failure, since: now, exits, kins, control };
    this.#delay(failure, { rules, random, now });
  }

  /** A failure while it is open: that of the probe puts the next one off. */
  failAgain(failure: TargetFailure, { rules, random, now }: Chance): void {
    if (this.#opened === null || !failure.isProbe) return;
    this.#opened = { ...this.#opened, failure };
    this.#probingSince = null;
    this.#delay(failure, { rules, random, now });
  }

  /** True once for each time that a probe is due: who asked is the probe. */
  takeProbe(now: number): boolean {
    if (this.#opened === null || this.#isProbing(now) || now < this.#probeAt) return false;
    this.#probingSince = now;
    return true;
  }

  /** The probe ended without a word on the target: the next request may be one at once. */
  giveProbeBack(): void {
    this.#probingSince = null;
  }

  /** Why it is open and until when; null while it is closed. */
  story(now: number): { readonly failure: TargetFailure; readonly evidence: readonly string[]; readonly retryAfterMs: number } | null {
    if (this.#opened === null) return null;
    const { failure, since, control } = this.#opened;
    const retryAfterMs = Math.max(0, this.#probeAt - now);
    const next = this.#isProbing(now) ? "a request is finding out whether it is back" : `it may be asked again in ${seconds(retryAfterMs)}`;
    const lines = [`the target counts as down: ${this.tellWitnesses()} ${seconds(now - since)} ago, and ${next}`];
    if (control !== null) lines.push(control);
    return { failure, evidence: lines, retryAfterMs };
  }

  /** Through whom it failed when it opened. */
  tellWitnesses(): string {
    if (this.#opened === null) return "it works";
    const { failure, exits, kins } = this.#opened;
    if (failure.exit === null && exits === 1) return "it failed on direct connections";
    return `it failed through ${tell(exits, "exit")} of ${tell(kins, "network")}`;
  }

  #isEnough(ways: Ways, rules: CircuitRules, now: number): boolean {
    const { failures, kins } = rules;
    if (failures === 0 || this.#failures.length < failures) return false;
    if (new Set(this.#failures.map(({ exchange }) => exchange)).size < EXCHANGES_MIN) return false;
    if (this.worksAgain(rules, now)) return false;
    const exits = new Set(this.#failures.map(({ exit }) => exit)).size;
    if (exits < ways.count(failures) && !this.#isLongEnough(exits, ways, rules)) return false;
    // All may be of one kin: then twice as many of them, or all that there are, will do.
    return exits >= ways.count(2 * failures) || new Set(this.#failures.map(({ kin }) => kin)).size >= kins;
  }

  /** Of few exits one may not be asked for long, since the others are faster: what fails so often in a row need not wait for it. */
  #isLongEnough(exits: number, ways: Ways, { failures }: CircuitRules): boolean {
    return exits >= EXITS_MIN && this.#run >= LONG_RUNS * failures && ways.count(failures + 1) <= failures;
  }

  /** Halved by each window that has passed since. */
  #workedLately(rules: CircuitRules, now: number): number {
    return this.#worked * 2 ** ((this.#workedAt - now) / rules.window);
  }

  #isProbing(now: number): boolean {
    return this.#probingSince !== null && now - this.#probingSince < PROBE_LOST_MS;
  }

  /** Each probe that fails doubles the time to the next, of which the last half is left to chance, or as the target asked. */
  #delay({ attributed }: TargetFailure, { rules, random, now }: Chance): void {
    const longest = Math.min(rules.probeMax, rules.probe * 2 ** Math.min(this.#probes, DOUBLINGS_MAX));
    const asked = Math.min(ASKED_MAX_MS, attributed.fault.retryAfterMs ?? 0);
    this.#probeAt = now + Math.max(asked, longest * (0.5 + 0.5 * random()));
    this.#probes++;
  }
}

const DOUBLINGS_MAX = 20;

export interface Chance {
  readonly rules: CircuitRules;
  readonly random: Random;
  readonly now: number;
}

function tell(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
