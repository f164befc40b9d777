import type { Weighed } from "../blame/evidence.ts";
import type { Failure } from "../blame/failure.ts";
import { formatHostPort } from "../core/address.ts";
import type { FaultId } from "../core/fault.ts";
import type { Exit, Route, Target } from "../core/route.ts";
import type { Ruling } from "../core/rule.ts";
import type { CheckFinding } from "./check-finding.ts";
import type { Chooser } from "./chooser.ts";
import type { ExitTable } from "./exit-table.ts";
import type { LeaseOutcome, OpenLease } from "./lease.ts";
import type { Attempted, Lessons } from "./lessons.ts";
import { DIRECT_TIER, type Tiers } from "./tiers.ts";

/** What a check found out. */
export interface Checked {
  readonly exit: string;
  /** As it was when the check began; without: it has just begun. */
  readonly over?: Exit;
  readonly target: Target;
  readonly outcome: LeaseOutcome;
  /** Its honesty was looked at too. */
  readonly closely?: boolean;
}

interface Known {
  readonly exits: ExitTable;
  readonly lessons: Lessons;
  readonly tiers: Tiers;
  readonly chooser: Chooser;
}

/** What follows from the end of an attempt: for its exit, for the tier of its target, and for what is expected of others. */
export class Outcomes {
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /**
   * Who is to blame where it failed; else null.
   * @param found what it showed as a check; null: it was none.
   */
  learn(attempted: Attempted, outcome: LeaseOutcome, now: number, found: CheckFinding | null = null): Weighed | null {
    const { exits, lessons, tiers, chooser } = this.#known;
    const { taken, exit, target } = attempted;
    if (!exits.isStill(taken, exit)) {
      // What fails or answers over a route that is no more tells nothing of the one that has its exit's id now; but it is under way no longer.
      exits.placeUsed(taken, "its bench is over", now);
      return outcome.kind === "failed" ? lessons.failedFormerly(attempted, outcome, now) : null;
    }
    if (outcome.kind === "failed") {
      const weighed = lessons.failed(attempted, outcome, { now, attempts: exits.attempts });
      const { fault: seen } = outcome;
      // What broke neither at the exit nor behind it says nothing of it.
      if (found !== null) taken.learn().check(weighed.side === "other" ? "nothing" : found, now);
      if (tiers.isOn && countsForTier(weighed)) tiers.failed(formatHostPort(target), taken.exit.tags["tier"], now);
      exits.place(taken, `${seen.id}: ${seen.details}`, now);
      for (const id of lessons.evidence.takeCleared()) this.#clear(id, now);
      return weighed;
    }
    if (found !== null) taken.learn().check(found, now);
    if (outcome.kind === "answered") {
      lessons.answered(attempted, outcome.ms, now);
      if (tiers.size > 0) tiers.answered(formatHostPort(target), taken.exit.tags["tier"], now);
      chooser.observe(outcome.ms);
    }
    exits.placeUsed(taken, outcome.kind === "answered" ? "it answered" : "its bench is over", now);
    return null;
  }

  /** The same of an attempt over no exit. */
  learnDirect(target: Target, outcome: LeaseOutcome, now: number): Weighed | null {
    const { lessons, tiers } = this.#known;
    if (outcome.kind === "failed") {
      // Without an exit it is our own address that may be refused, which looks as if the target were down.
      const weighed = lessons.failedDirectly(target, outcome, now);
      if (countsForTier(weighed) || !outcome.fault.id.startsWith("relay.")) tiers.failed(formatHostPort(target), DIRECT_TIER, now);
      return weighed;
    }
    if (outcome.kind === "answered") {
      tiers.answered(formatHostPort(target), DIRECT_TIER, now);
      lessons.answeredDirectly(target, now);
    }
    return null;
  }

  /** What a rule wants besides what follows from the outcome itself. */
  obey(lease: OpenLease, ruling: Ruling, now: number): void {
    const { exits, lessons, tiers } = this.#known;
    if (!exits.isStill(lease.taken, lease.exit)) return;
    lessons.ruled(lease, ruling, { now, attempts: exits.attempts });
    if (ruling.tierUp) tiers.moveUp(formatHostPort(lease.target), lease.exit.tags["tier"], now);
    exits.place(lease.taken, `rule ${ruling.rule}`, now);
  }

  /** Whether the exit with this id still leads where this one led. */
  leadsStill(exit: Exit): boolean {
    const member = this.#known.exits.get(exit.id);
    return member !== undefined && this.#known.exits.isStill(member, exit);
  }

  /** A later look at an earlier failure. */
  weigh({ exit, target }: Route, failure: Failure, now: number): Weighed {
    const { lessons } = this.#known;
    const isFormer = exit !== null && !this.leadsStill(exit);
    return isFormer ? lessons.failedFormerly({ exit, target }, failure, now) : lessons.weigh({ exit, target }, failure, now);
  }

  /** What an exit was benched for was not its fault. Does nothing where it was benched for another, of another target or one that came after. */
  acquit({ exit, target }: Route, fault: FaultId, reason: string, now: number): void {
    const { exits } = this.#known;
    const member = exit === null || !this.leadsStill(exit) ? undefined : exits.get(exit.id);
    if (member === undefined || !member.health.isOnProbation) return;
    if (member.health.lastFault !== fault || !member.health.wasBenchedOver(formatHostPort(target))) return;
    member.learn().renew(null);
    exits.place(member, reason, now);
  }

  /** It could not be reached, but neither could anything else. */
  #clear(id: string, now: number): void {
    const { exits } = this.#known;
    const member = exits.get(id);
    if (member === undefined || !member.health.isOnProbation) return;
    member.learn().renew(null);
    exits.place(member, "our own connection was lost", now);
  }
}

/** An exit that is surely broken tells nothing of the target, and a target that is down is as down for dearer exits. */
function countsForTier({ side, confidence }: Weighed): boolean {
  return side === "pair" || (side === "exit" && confidence < SURE);
}

const SURE = 0.9;
