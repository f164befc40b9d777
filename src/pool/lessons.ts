import { DIRECT_KIN, Evidence, type Way, type Weighed } from "../blame/evidence.ts";
import type { Failure } from "../blame/failure.ts";
import { isInDoubt } from "../blame/fault-sides.ts";
import { formatHostPort } from "../core/address.ts";
import type { Random } from "../core/clock.ts";
import type { FaultId } from "../core/fault.ts";
import type { Exit, Route, Target } from "../core/route.ts";
import type { Ruling } from "../core/rule.ts";
import { consequenceOf, provesExit } from "./consequences.ts";
import { kinOf } from "./kin.ts";
import { type Blocks, PairMemory } from "./pair-memory.ts";
import type { PoolExit } from "./pool-exit.ts";

/** An attempt that is over: over which exit it went, and what for. */
export interface Attempted {
  readonly taken: PoolExit;
  /** As it was then. */
  readonly exit: Exit;
  readonly target: Target;
  /** The count of attempts when it began. */
  readonly leasedAt: number;
}

/** Exits that one step forgets. */
const STEP_EXITS_MAX = 200;
/** No exit has this id: of a route that is no more nothing is known. */
const FORMER = "";

/** What is made of each attempt's end: who is to blame, and what follows for the exit and for the exit together with the target. */
export class Lessons {
  readonly evidence: Evidence = new Evidence();
  readonly #pairs: PairMemory;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    this.#pairs = new PairMemory(random);
  }

  /** Exits that a target blocks; null: none. */
  blocksOf(target: Target): Blocks | null {
    return this.#pairs.size === 0 ? null : this.#pairs.of(formatHostPort(target));
  }

  /** @param ms until the first byte of the answer. */
  answered({ taken, target, leasedAt }: Attempted, ms: number, now: number): void {
    const key = formatHostPort(target);
    this.evidence.worked({ exit: taken.id, kin: taken.kin, target: key }, now);
    if (this.#pairs.size > 0) this.#pairs.work(key, taken.id);
    taken.learn().succeed(ms, now, leasedAt);
  }

  /** @param attempts the count of attempts by now. */
  failed({ taken, target, leasedAt }: Attempted, failure: Failure, { now, attempts }: { now: number; attempts: number }): Weighed {
    const { fault } = failure;
    const way = { exit: taken.id, kin: taken.kin, target: formatHostPort(target) };
    const weighed = this.evidence.failed(way, asSeen(failure, target), now);
    const consequence = consequenceOf(failure, weighed, taken.exit.rotating);
    const atLeastMs = fault.retryAfterMs ?? 0;
    if (consequence === "bench") {
      const over = isInDoubt(failure, false) ? way.target : null;
      taken.learn().fail(fault.id, { target: over, now, random: this.#random, leasedAt, attempts, atLeastMs });
    } else if (consequence === "suspect") taken.learn().suspect(fault.id, now);
    else if (consequence === "block") this.#pairs.fail(way.target, way.exit, now, atLeastMs);
    else if (provesExit(failure, weighed)) taken.learn().succeed(null, now, leasedAt);
    return weighed;
  }

  /** The same of an attempt over a route that is no more: nothing follows for the exit that now has its id. */
  failedFormerly({ exit, target }: Pick<Attempted, "exit" | "target">, failure: Failure, now: number): Weighed {
    return this.evidence.weigh({ ...wayOver(exit, target), exit: FORMER }, asSeen(failure, target), now);
  }

  /** A later look at an earlier failure. */
  weigh({ exit, target }: Route, failure: Failure, now: number): Weighed {
    if (exit === null) return this.evidence.weigh(directTo(target), failure, now);
    return this.evidence.weigh(wayOver(exit, target), asSeen(failure, target), now);
  }

  /** A rule that an attempt met wants more of its end than that says by itself. */
  ruled({ taken, target, leasedAt }: Attempted, ruling: Ruling, { now, attempts }: { now: number; attempts: number }): void {
    const { benchForTarget, bench, forMs } = ruling;
    // A vendor's line stands for many exits: the next one may be welcome.
    if (benchForTarget && !taken.exit.rotating) this.#pairs.fail(formatHostPort(target), taken.id, now, forMs);
    if (bench) taken.learn().fail("relay.ruled", { target: null, now, random: this.#random, leasedAt, attempts, atLeastMs: forMs });
  }

  answeredDirectly(target: Target, now: number): void {
    this.evidence.worked(directTo(target), now);
  }

  failedDirectly(target: Target, failure: Failure, now: number): Weighed {
    return this.evidence.failed(directTo(target), failure, now);
  }

  /** Exits that are gone, or whose route is another: what was seen of them tells nothing any more. Step by step, since there may be many. */
  *forget(ids: readonly string[]): Generator<void, void> {
    for (const [i, id] of ids.entries()) {
      if ((i + 1) % STEP_EXITS_MAX === 0) yield;
      this.evidence.forget(id);
    }
    if (ids.length > 0) yield* this.#pairs.forget(new Set(ids));
  }
}

/** No exit has made what came under the target's own TLS, which is verified: however unsure it is who did, it was at the target. */
function asSeen(failure: Failure, { scheme }: Target): Failure {
  const { fault } = failure;
  return scheme === "https" && MADE_OF_BYTES.has(fault.id) ? { ...failure, fault: { ...fault, confidence: 1 } } : failure;
}

/** Faults in doubt that are bytes which somebody has sent; the others are silence and ends, which anybody on the way can make. */
const MADE_OF_BYTES: ReadonlySet<FaultId> = new Set<FaultId>(["relay.origin_5xx", "head.not_http"]);

function wayOver(exit: Exit, target: Target): Way {
  return { exit: exit.id, kin: kinOf(exit), target: formatHostPort(target) };
}

function directTo(target: Target): Way {
  return { exit: null, kin: DIRECT_KIN, target: formatHostPort(target) };
}
