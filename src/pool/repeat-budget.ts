import { formatHostPort, type HostPort } from "../core/address.ts";

/** What a target's budget is. */
export interface BudgetRules {
  /** Repeats as a share of the target's recent requests, 0 to 1. */
  readonly budget: number;
  /** So many repeats are within it whatever the traffic. */
  readonly budgetFloor: number;
}

/** After this time a request or a repeat counts half. Milliseconds. */
const HALF_LIFE_MS = 10_000;
/** Counts are aged in such steps. Milliseconds. */
const STEP_MS = 100;
/** Targets remembered; the one that was longest without a request is forgotten first. */
const TARGETS_MAX = 10_000;

interface Traffic {
  readonly host: string;
  readonly port: number;
  requests: number;
  repeats: number;
  agedAt: number;
}

/**
 * How often what may have reached a target is repeated: at most a share of its recent requests, with a small floor, so that a site in
 * trouble does not get each request several times. Attempts that died before the target are none of its business. Times are
 * milliseconds of one clock.
 */
export class RepeatBudget {
  readonly #targets = new Map<string, Traffic>();
  readonly #max: number;
  /** Most requests are for the target of the one before. */
  #last: Traffic | null = null;

  constructor(max: number = TARGETS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#targets.size;
  }

  /** A client's request for a target, whatever becomes of it. */
  request(target: HostPort, now: number): void {
    this.#trafficOf(target, now).requests++;
  }

  /** Whether one more repeat is within the target's budget; if so, it is counted. */
  take(target: HostPort, { budget, budgetFloor }: BudgetRules, now: number): boolean {
    const traffic = this.#trafficOf(target, now);
    if (traffic.repeats + 1 > Math.max(budgetFloor, budget * traffic.requests)) return false;
    traffic.repeats++;
    return true;
  }

  #trafficOf(target: HostPort, now: number): Traffic {
    const last = this.#last;
    const isLast = last !== null && last.port === target.port && last.host === target.host;
    if (isLast && now - last.agedAt < STEP_MS) return last;
    const key = formatHostPort(target);
    let traffic = this.#targets.get(key);
    if (traffic === undefined) {
      traffic = { host: target.host, port: target.port, requests: 0, repeats: 0, agedAt: now };
      if (this.#targets.size >= this.#max) this.#forgetOldest();
    } else if (now - traffic.agedAt >= STEP_MS) {
      age(traffic, now);
      this.#targets.delete(key); // to the end: it is in use
    }
    this.#targets.set(key, traffic);
    this.#last = traffic;
    return traffic;
  }

  #forgetOldest(): void {
    const [oldest] = this.#targets.keys();
    if (oldest !== undefined) this.#targets.delete(oldest);
  }
}

function age(traffic: Traffic, now: number): void {
  const left = 2 ** ((traffic.agedAt - now) / HALF_LIFE_MS);
  traffic.requests *= left;
  traffic.repeats *= left;
  traffic.agedAt = now;
}
