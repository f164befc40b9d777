import type { Random } from "../core/clock.ts";
import type { Report } from "../core/event.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { CircuitRules } from "../core/settings.ts";
import { Circuit, type TargetFailure } from "./circuit.ts";
import { type CircuitScope, firstSegment } from "./circuit-scope.ts";
import type { Ways } from "./circuit-ways.ts";

/** Whether a target may be asked. */
export type Gate =
  | { readonly kind: "closed" }
  /** It is down as far as is known, and whoever asked finds out whether it is back: must be ended. */
  | { readonly kind: "probe"; readonly circuit: Circuit }
  /** It is down: what it failed with, in the place of another try. */
  | {
      readonly kind: "open";
      readonly attributed: AttributedFault;
      readonly status: number | null;
      readonly evidence: readonly string[];
      /** Milliseconds until the next probe. */
      readonly retryAfterMs: number;
    };

/** What a failure came to. */
export type Counted = { readonly kind: "counted" | "opened" } | { readonly kind: "doubt"; readonly circuit: Circuit };

const CLOSED: Gate = { kind: "closed" };
const COUNTED: Counted = { kind: "counted" };

/** Targets that are remembered, of which most only failed once; of more, the one that failed longest ago is forgotten. */
const TARGETS_MAX = 10_000;
/** Paths of one target. */
const PATHS_MAX = 32;
/** How long the word of a control connection holds. Milliseconds. */
const CONTROL_HOLDS_MS = 30_000;

interface OfTarget {
  readonly whole: Circuit;
  readonly byPath: Map<string, Circuit>;
  /** On the clock: until then a control connection's word holds that the target is up. */
  upUntil: number;
  controlRuns: boolean;
}

/**
 * Which targets are down. A target's own failures open its circuit when enough independent exits saw them and next to nothing else; while
 * it is open nobody asks it but one probe at a time, which is a client's own request.
 */
export class Circuits {
  /** The one that failed longest ago first. */
  readonly #targets = new Map<string, OfTarget>();
  readonly #random: Random;
  readonly #report: Report;

  constructor({ random, report }: { readonly random: Random; readonly report: Report }) {
    this.#random = random;
    this.#report = report;
  }

  /** Targets that failed lately: where none has, there is nothing to ask. */
  get size(): number {
    return this.#targets.size;
  }

  /** @param path of a request; null for a tunnel. */
  gate(target: string, path: string | null, now: number): Gate {
    const known = this.#targets.get(target);
    if (known === undefined) return CLOSED;
    const whole = this.#gateOf(known.whole, now);
    if (whole.kind !== "closed" || path === null || known.byPath.size === 0) return whole;
    const ofPath = known.byPath.get(firstSegment(path));
    return ofPath === undefined ? CLOSED : this.#gateOf(ofPath, now);
  }

  /**
   * A failure that is the target's.
   * @param ways the exits that could tell: of few, few must fail.
   */
  failed(where: Where, failure: TargetFailure, { ways, rules, now }: { ways: Ways; rules: CircuitRules; now: number }): Counted {
    if (rules.failures === 0) return COUNTED;
    const known = this.#known(where.target);
    const circuit = this.#circuitOf(known, where);
    if (failure.isProbe && circuit !== known.whole) this.#endProbeOfWhole(known.whole, failure, rules, now);
    else if (failure.isProbe) this.#endProbeOfPath(known, where.path, failure, { rules, now });
    const isDue = circuit.count(failure, ways, rules, now);
    if (circuit.state(now) !== "closed") {
      circuit.failAgain(failure, { rules, random: this.#random, now });
      this.#tell(circuit, tellFault(failure), now);
      return COUNTED;
    }
    if (!isDue || now < known.upUntil) return COUNTED;
    if (rules.control === "never") return this.#open(circuit, failure, null, { rules, now });
    if (known.controlRuns) return COUNTED;
    known.controlRuns = true;
    return { kind: "doubt", circuit };
  }

  /** A control connection ended that was asked for by a doubt. `failed`: as the exits did; null: it showed nothing. */
  controlled(circuit: Circuit, failure: TargetFailure, { failed, words, rules, now }: Control): Counted {
    const known = this.#targets.get(circuit.target);
    if (known !== undefined) known.controlRuns = false;
    if (failed === false) {
      if (known !== undefined) known.upUntil = now + CONTROL_HOLDS_MS;
      return COUNTED;
    }
    const isKnown = known !== undefined && allOf(known).includes(circuit);
    // It may have come back meanwhile, or been forgotten.
    if (!isKnown || circuit.state(now) !== "closed" || circuit.worksAgain(rules, now)) return COUNTED;
    return this.#open(circuit, failure, failed === null ? null : words, { rules, now });
  }

  /** Something came through that began at `startedAt`. */
  worked(where: { readonly target: string; readonly path: string | null }, startedAt: number, rules: CircuitRules, now: number): void {
    const known = this.#targets.get(where.target);
    if (known === undefined) return;
    const ofPath = where.path === null ? undefined : known.byPath.get(firstSegment(where.path));
    for (const circuit of ofPath === undefined ? [known.whole] : [known.whole, ofPath]) {
      if (circuit.work(startedAt, rules, now)) this.#tell(circuit, "a request came through", now);
    }
    if (!known.controlRuns && now >= known.upUntil && allOf(known).every((circuit) => circuit.isSpent(rules, now))) {
      this.#targets.delete(where.target);
    }
  }

  /** A probe ended without a word on the target: the next request may be one. */
  giveProbeBack(circuit: Circuit, now: number): void {
    circuit.giveProbeBack();
    this.#tell(circuit, "its probe ended without a word on it", now);
  }

  #gateOf(circuit: Circuit, now: number): Gate {
    if (circuit.takeProbe(now)) {
      this.#tell(circuit, "a request finds out whether it is back", now);
      return { kind: "probe", circuit };
    }
    const story = circuit.story(now);
    if (story === null) return CLOSED;
    const { failure, evidence, retryAfterMs } = story;
    return { kind: "open", attributed: failure.attributed, status: failure.status, evidence, retryAfterMs };
  }

  /** A target that answers for one path, if only that it is down there, is back as a whole. */
  #endProbeOfWhole(whole: Circuit, failure: TargetFailure, rules: CircuitRules, now: number): void {
    if (whole.state(now) === "closed") return;
    if (failure.status === null) whole.failAgain(failure, { rules, random: this.#random, now });
    else whole.close();
    this.#tell(whole, failure.status === null ? tellFault(failure) : `it answered ${failure.status}`, now);
  }

  /** A path whose probe did not even get as far as the target stays down, and has a next probe. */
  #endProbeOfPath(
    { byPath }: OfTarget,
    path: string | null,
    failure: TargetFailure,
    { rules, now }: { rules: CircuitRules; now: number },
  ): void {
    const ofPath = path === null ? undefined : byPath.get(firstSegment(path));
    if (ofPath === undefined || ofPath.state(now) === "closed") return;
    ofPath.failAgain(failure, { rules, random: this.#random, now });
    this.#tell(ofPath, tellFault(failure), now);
  }

  #open(circuit: Circuit, failure: TargetFailure, control: string | null, { rules, now }: { rules: CircuitRules; now: number }): Counted {
    circuit.open(failure, control, { rules, random: this.#random, now });
    this.#tell(circuit, `${tellFault(failure)}; ${circuit.tellWitnesses()}`, now);
    return { kind: "opened" };
  }

  #known(target: string): OfTarget {
    let known = this.#targets.get(target);
    if (known === undefined) {
      if (this.#targets.size >= TARGETS_MAX) this.#dropOldest();
      known = { whole: new Circuit(target, null), byPath: new Map(), upUntil: 0, controlRuns: false };
    } else this.#targets.delete(target); // to the end
    this.#targets.set(target, known);
    return known;
  }

  #circuitOf({ whole, byPath }: OfTarget, { target, path, scope }: Where): Circuit {
    if (scope === "target" || path === null) return whole;
    const segment = firstSegment(path);
    let circuit = byPath.get(segment);
    if (circuit === undefined) {
      if (byPath.size >= PATHS_MAX) this.#dropOldestPath(byPath);
      circuit = new Circuit(target, segment);
      byPath.set(segment, circuit);
    }
    return circuit;
  }

  #dropOldest(): void {
    const [oldest] = this.#targets;
    if (oldest === undefined) return;
    this.#targets.delete(oldest[0]);
    for (const circuit of allOf(oldest[1])) this.#forget(circuit);
  }

  #dropOldestPath(byPath: Map<string, Circuit>): void {
    const [oldest] = byPath;
    if (oldest === undefined) return;
    byPath.delete(oldest[0]);
    this.#forget(oldest[1]);
  }

  #forget(circuit: Circuit): void {
    circuit.close();
    this.#tell(circuit, "too many others have failed since", 0);
  }

  #tell(circuit: Circuit, reason: string, now: number): void {
    const from = circuit.reported;
    const to = circuit.state(now);
    if (from === to) return;
    circuit.reported = to;
    const { target, path } = circuit;
    this.#report({ type: "circuit-changed", target, path, from, to, reason, forMs: Math.round(circuit.story(now)?.retryAfterMs ?? 0) });
  }
}

export interface Where {
  /** `host:port`. */
  readonly target: string;
  /** Null for a tunnel. */
  readonly path: string | null;
  readonly scope: CircuitScope;
}

export interface Control {
  readonly failed: boolean | null;
  /** What it showed. */
  readonly words: string;
  readonly rules: CircuitRules;
  readonly now: number;
}

function allOf({ whole, byPath }: OfTarget): Circuit[] {
  return [whole, ...byPath.values()];
}

function tellFault({ attributed: { fault } }: TargetFailure): string {
  return fault.id;
}
