import type { Clock } from "../core/clock.ts";
import type { Exit } from "../core/route.ts";
import { isLie } from "./check-finding.ts";
import { NEVER } from "./health-numbers.ts";
import type { PoolExit } from "./pool-exit.ts";

/** An exit on probation that was checked in vain is checked again after this time. Milliseconds. */
const PROBATION_AGAIN_MS = 10_000;

/** An exit that should be checked now. */
export interface DueExit {
  readonly exit: Exit;
  /** Its honesty is to be looked at too: nobody has for too long, or it was found lying since. */
  readonly closely: boolean;
}

/** When an exit is due: after so many milliseconds, or once something has changed. */
export interface DueTimes {
  /** That showed nothing. */
  readonly idleMs: number;
  /** Whose honesty nobody has looked at, however much it is used. */
  readonly honestMs: number;
  /** On the clock: that nothing could be found out before says nothing of now. */
  readonly vainBefore: number;
}

/**
 * Goes through the exits once: those that nothing is known of, those whose bench is over, and those that showed nothing, or not that they are
 * honest, for too long. Yields null for each that is not due, so that whoever asks can stop for a while.
 */
export function* dueForCheck(members: Iterable<PoolExit>, times: DueTimes, clock: Clock): Generator<DueExit | null, void> {
  for (const member of members) yield dueNow(member, times, clock.now());
}

/** Goes through all that are in use. Yields null for each that is out. */
export function* inTurn(members: Iterable<PoolExit>, clock: Clock): Generator<DueExit | null, void> {
  for (const member of members) {
    const { hold, health } = member;
    yield hold !== null || health.isOnProbation || health.state(clock.now()) === "untried" ? null : { exit: member.exit, closely: true };
  }
}

function dueNow(member: PoolExit, { idleMs, honestMs, vainBefore }: DueTimes, now: number): DueExit | null {
  const { hold, health } = member;
  if (hold !== null || health.isBenched(now)) return null;
  const closely = now - health.honestAt > honestMs;
  if (health.isOnProbation) {
    // A check that found nothing out, or only that its target is down, leaves it on probation.
    const isChecked = health.checkedAt >= health.benchedUntil;
    if (member.isOnTrial || (isChecked && now - health.checkedAt < Math.min(idleMs, PROBATION_AGAIN_MS))) return null;
    const hasLied = health.lastFault !== null && isLie(health.lastFault);
    // Where no judge tells whether it is honest, it comes back once it works; unless it lied.
    return { exit: member.exit, closely: closely && (hasLied || !(isChecked && health.isCheckedInVain)) };
  }
  if (health.state(now) === "untried" && health.checkedAt === NEVER) return { exit: member.exit, closely };
  if (health.isCheckedInVain && health.checkedAt < vainBefore) return { exit: member.exit, closely };
  // That it serves shows that it works, and not that it is honest.
  const shownAt = closely ? health.checkedAt : health.seenAt;
  return now - shownAt >= idleMs ? { exit: member.exit, closely } : null;
}
