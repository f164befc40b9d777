import type { Clock } from "../core/clock.ts";
import type { Exit } from "../core/route.ts";
import { NEVER } from "./health-numbers.ts";
import type { PoolExit } from "./pool-exit.ts";

/** An exit on probation that was checked in vain is checked again after this time. Milliseconds. */
const PROBATION_AGAIN_MS = 10_000;

/** An exit that should be checked now. */
export interface DueExit {
  readonly exit: Exit;
  /** Nothing is known of it: neither has it answered, nor has a check passed it. */
  readonly isNew: boolean;
}

/**
 * Goes through the exits once: those that nothing is known of, those whose bench is over, and those that showed nothing for `idleMs`.
 * Yields null for each that is not due, so that whoever asks can stop for a while.
 */
export function* dueForCheck(members: Iterable<PoolExit>, idleMs: number, clock: Clock): Generator<DueExit | null, void> {
  for (const member of members) yield dueNow(member, idleMs, clock.now());
}

/** Goes through all that are in use. Yields null for each that is out. */
export function* inTurn(members: Iterable<PoolExit>, clock: Clock): Generator<DueExit | null, void> {
  for (const member of members) {
    const { hold, health } = member;
    yield hold !== null || health.isOnProbation || health.state(clock.now()) === "untried" ? null : { exit: member.exit, isNew: false };
  }
}

function dueNow(member: PoolExit, idleMs: number, now: number): DueExit | null {
  const { hold, health, inFlight } = member;
  if (hold !== null || health.isBenched(now)) return null;
  if (health.isOnProbation) {
    // A check that found nothing out, or only that its target is down, leaves it on probation.
    const isAgain = health.checkedAt >= health.benchedUntil && now - health.checkedAt < Math.min(idleMs, PROBATION_AGAIN_MS);
    return inFlight === 0 && !isAgain ? { exit: member.exit, isNew: false } : null;
  }
  const isNew = health.state(now) === "untried";
  if (isNew && health.checkedAt === NEVER) return { exit: member.exit, isNew };
  return now - health.seenAt >= idleMs ? { exit: member.exit, isNew } : null;
}
