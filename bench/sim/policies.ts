import type { Clock, Random } from "../../src/core/clock.ts";
import { pick } from "./random.ts";
import type { Tried, World } from "./world.ts";

/** One exit to be tried for one request. */
export interface Attempt {
  readonly number: number;
  readonly request: number;
  readonly target: number;
  readonly tried: ReadonlySet<number>;
}

/** Somebody who chooses exits. What is truly wrong is hidden from it: of a failure it may look at the symptom alone. */
export interface Policy {
  /** The number of the exit to try; null where none is left, or the target is not to be asked. */
  take(attempt: Attempt): number | null;
  settle(attempt: Attempt, exit: number, tried: Tried): void;
  /** The request has its answer, or none will come. */
  ended?(request: number): void;
}

export interface PolicyContext {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
}

/** Any exit that was not tried yet. */
export function randomRotation(context: PolicyContext): Policy {
  return { take: ({ tried }) => pickUntried(context, tried), settle() {} };
}

const STRIKES = 3;
/** A health check takes an exit back. */
const CHECK_MS = 60_000;

/** Round-robin; three failures in a row, whosever, and an exit is out until the next check. */
export function threeStrikes({ world, clock }: PolicyContext): Policy {
  const strikes = world.exits.map(() => 0);
  const outUntil = world.exits.map(() => 0);
  let next = 0;
  return {
    take({ tried }) {
      const now = clock.now();
      for (let looked = 0; looked < world.exits.length; looked++) {
        const exit = next;
        next = (next + 1) % world.exits.length;
        if (!tried.has(exit) && world.hasJoined(exit, now) && (outUntil[exit] as number) <= now) return exit;
      }
      return null;
    },
    settle(_, exit, { ok }) {
      strikes[exit] = ok ? 0 : (strikes[exit] as number) + 1;
      if ((strikes[exit] as number) < STRIKES) return;
      strikes[exit] = STRIKES - 1;
      outUntil[exit] = clock.now() + CHECK_MS;
    },
  };
}

const NEWEST = 0.2;
/** One attempt in so many goes to any exit, so that the others are not forgotten. */
const EXPLORE = 0.05;

/** The exit whose attempts end soonest on average; one that is unknown counts as fast. A failure counts as a late answer. */
export function leastLatency(context: PolicyContext): Policy {
  const { world, clock, random } = context;
  const ms = world.exits.map(() => 0);
  return {
    take({ tried }) {
      if (random() < EXPLORE) return pickUntried(context, tried);
      let best: number | null = null;
      for (let exit = 0; exit < ms.length; exit++) {
        if (tried.has(exit) || !world.hasJoined(exit, clock.now())) continue;
        if (best === null || (ms[exit] as number) < (ms[best] as number)) best = exit;
      }
      return best;
    },
    settle(_, exit, tried) {
      const before = ms[exit] as number;
      const took = tried.ok ? tried.ms : FAILED_AS_MS;
      ms[exit] = before === 0 ? took : before + NEWEST * (took - before);
    },
  };
}

/** Milliseconds. */
const FAILED_AS_MS = 5000;

function pickUntried({ world, clock, random }: PolicyContext, tried: ReadonlySet<number>): number | null {
  const now = clock.now();
  const left = world.exits.map((_, exit) => exit).filter((exit) => !tried.has(exit) && world.hasJoined(exit, now));
  return left.length === 0 ? null : pick(left, random);
}
