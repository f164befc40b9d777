import type { Scenario } from "./scenarios.ts";
import type { World } from "./world.ts";

/** Width of a point of the plot. Milliseconds. */
const SLOT_MS = 10_000;

/** What clients got, and what it cost. */
export class Tally {
  requests = 0;
  served = 0;
  attempts = 0;
  readonly #world: World;
  readonly #endMs: number;
  readonly #targets: number;
  /** By slot of the simulated time, of requests to targets that are up. */
  readonly slots: { served: number; of: number }[];
  /** Requests for targets that were up while another was down. */
  readonly besides = { served: 0, of: 0 };
  /** Requests for a target that was down, and attempts spent on them. */
  readonly onDown = { requests: 0, attempts: 0 };
  /** Attempts by exit, by time. */
  readonly #attemptsOf: number[][];

  constructor({ seconds, exits, targets }: Scenario, world: World) {
    this.#world = world;
    this.#endMs = seconds * 1000;
    this.slots = Array.from({ length: Math.ceil(this.#endMs / SLOT_MS) }, () => ({ served: 0, of: 0 }));
    this.#attemptsOf = Array.from({ length: exits }, () => []);
    this.#targets = targets;
  }

  tried(exit: number, target: number, now: number): void {
    this.attempts++;
    (this.#attemptsOf[exit] as number[]).push(now);
    if (this.#world.isTargetDown(target, now)) this.onDown.attempts++;
  }

  ended(target: number, ok: boolean, began: number): void {
    this.requests++;
    if (ok) this.served++;
    if (this.#world.isTargetDown(target, began)) {
      this.onDown.requests++;
      return;
    }
    const slot = this.slots[Math.floor(began / SLOT_MS)];
    if (slot !== undefined) count(slot, ok);
    if (Array.from({ length: this.#targets }, (_, other) => other).some((other) => this.#world.isTargetDown(other, began))) {
      count(this.besides, ok);
    }
  }

  /**
   * Of each exit that died and was tried then: milliseconds from the first attempt until it got less than a tenth of a live exit's traffic
   * for good.
   */
  timesUntilLeft(): number[] {
    const lives = this.#attemptsOf.flatMap((at, exit) => (this.#deathOf(exit) === null ? [at.length / this.#endMs] : []));
    const usual = lives.length === 0 ? 0 : lives.reduce((sum, rate) => sum + rate, 0) / lives.length;
    return this.#attemptsOf.flatMap((at, exit) => {
      const death = this.#deathOf(exit);
      if (death === null) return [];
      const wasted = at.filter((time) => time >= death.from && time < death.until);
      return wasted.length === 0 ? [] : [timeUntilRare(wasted, death.until, usual / 10)];
    });
  }

  /** When an exit died for good or for long. */
  #deathOf(exit: number): { from: number; until: number } | null {
    let from: number | null = null;
    for (let now = 0; now < this.#endMs; now += 1000) {
      const isDead = this.#world.isDead(exit, now);
      if (isDead) from ??= now;
      else if (from !== null) return { from, until: now };
    }
    return from === null ? null : { from, until: this.#endMs };
  }
}

function timeUntilRare(wasted: readonly number[], until: number, rare: number): number {
  const [first = 0] = wasted;
  for (const [place, at] of wasted.entries()) {
    const after = wasted.length - place - 1;
    if (after / Math.max(1, until - at) < rare) return at - first;
  }
  return until - first;
}

function count(counter: { served: number; of: number }, ok: boolean): void {
  counter.of++;
  if (ok) counter.served++;
}
