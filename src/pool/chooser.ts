import { formatHostPort } from "../core/address.ts";
import type { Random } from "../core/clock.ts";
import type { ExitFilter, RequestParams } from "../core/params.ts";
import type { SelectStrategy } from "../core/pool-settings.ts";
import type { Target } from "../core/route.ts";
import type { ExitTable } from "./exit-table.ts";
import type { Lessons } from "./lessons.ts";
import type { LimitsInForce } from "./limits-in-force.ts";
import type { PoolExit } from "./pool-exit.ts";
import { type Choosing, choose, isAnother, isBlocked } from "./selection.ts";
import type { Tiers } from "./tiers.ts";
import { USABLE } from "./zone.ts";

/** What an exit is wanted for. */
export interface Want {
  readonly target: Target;
  readonly params: RequestParams;
  /** Ids of those that this exchange has tried often enough, though they rotate. */
  readonly spent?: ReadonlySet<string>;
}

/** What a choice goes by. */
interface Known {
  readonly exits: ExitTable;
  readonly lessons: Lessons;
  readonly limits: LimitsInForce;
  readonly tiers: Tiers;
}

/** Weight of the newest answer in the average over all. */
const NEWEST = 0.02;

const NONE: ReadonlySet<string> = new Set();

/** Chooses among the exits with all that is known of them: in the tier of the target, where there are tiers. */
export class Chooser {
  strategy: SelectStrategy;
  readonly #known: Known;
  readonly #random: Random;
  /** Moving average over all exits, what an unknown one is measured by. */
  #ewmaMs = 500;
  /** Weight of the next answer in it: the first ones count alike, so that it is theirs and not a guess. */
  #weight = 1;

  constructor(known: Known, strategy: SelectStrategy, random: Random) {
    this.#known = known;
    this.strategy = strategy;
    this.#random = random;
  }

  /** An exit answered after so long. */
  observe(ms: number): void {
    this.#ewmaMs += this.#weight * (ms - this.#ewmaMs);
    if (this.#weight > NEWEST) this.#weight /= 1 + this.#weight;
  }

  /** Nobody gets none, or one that is out, while benches that are over of others that would do wait to be ended. */
  choose(want: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const chosen = this.#chooseNow(want, tried, now);
    if (chosen !== null && chosen.zone === USABLE) return chosen;
    const isAnyBack = this.#known.exits.endBenchesOf(want.params.filter, this.#random, now);
    return isAnyBack ? this.#chooseNow(want, tried, now) : chosen;
  }

  #chooseNow(want: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const { tiers } = this.#known;
    const { filter } = want.params;
    const filters = tiers.isOn ? tiers.filtersFor(filter, formatHostPort(want.target), now) : null;
    return filters === null ? choose(this.#choosing(want, filter, tried, now)) : this.#chooseByTiers(filters, want, tried, now);
  }

  /** A good exit of the first tier that has one, else the best of the first that has any. */
  #chooseByTiers(filters: readonly ExitFilter[], want: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    let least: PoolExit | null = null;
    for (const filter of filters) {
      const choosing = this.#choosing(want, filter, tried, now);
      const chosen = choose(choosing);
      if (chosen !== null && isGood(chosen, choosing)) return chosen;
      least ??= chosen;
    }
    return least;
  }

  #choosing({ target, params, spent = NONE }: Want, filter: ExitFilter, tried: ReadonlySet<string>, now: number): Choosing {
    const { exits, lessons, limits } = this.#known;
    return {
      shortlist: exits.index.find(filter),
      // Sessions that all took the best exit would share one address, which is what they are there to avoid.
      strategy: params.session !== null && this.strategy === "p2c" ? "weighted" : this.strategy,
      tried,
      spent,
      triedKin: tried.size === 0 ? NONE : this.#kinOf(tried),
      blocks: lessons.blocksOf(target),
      limits: limits.last,
      target: target.host,
      isBelowFloor: exits.floor.isBelow,
      now,
      random: this.#random,
      unknownMs: this.#ewmaMs,
    };
  }

  #kinOf(ids: ReadonlySet<string>): ReadonlySet<string> {
    const kin = new Set<string>();
    for (const id of ids) {
      const member = this.#known.exits.get(id);
      if (member !== undefined) kin.add(member.kin);
    }
    return kin;
  }
}

/** Worth staying in its tier for. */
function isGood(chosen: PoolExit, choosing: Choosing): boolean {
  const { tried, blocks, now } = choosing;
  const { id, zone } = chosen;
  return zone === USABLE && (!tried.has(id) || isAnother(chosen, choosing)) && !isBlocked(chosen, blocks, now);
}
