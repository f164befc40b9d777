import type { ExitFilter } from "../core/params.ts";
import type { TierSettings } from "../core/pool-settings.ts";
import { normalize } from "./exit-filter.ts";

/** The tier of routes without an exit; it may only be the first. */
export const DIRECT_TIER = "direct";

/** What is known of a target whose first tier was not enough. */
interface Climb {
  /** The tier to begin with. */
  tier: number;
  /** Failures at that tier that nothing has worn off. */
  failures: number;
  failedAt: number;
  /** When a cheaper tier is tried again, or one that is on trial has stood it. On the clock. */
  until: number;
  /** It came down and has not been answered since. */
  isOnTrial: boolean;
  /** Times that it moved up and could not stay below: each doubles the next stay above. */
  rounds: number;
}

/** Targets that are remembered; of more, the one that failed longest ago is taken to do with the first tier. */
const TARGETS_MAX = 10_000;
/** A failure counts half as much after so long. Milliseconds. */
const HALF_LIFE_MS = 5 * 60_000;
/** What an answer leaves of the failures before it: sites that refuse one request in three stay where they are. */
const LEFT_BY_ANSWER = 0.5;
/** Doublings of a stay. */
const ROUNDS_MAX = 4;

/**
 * In which tier the exits for a target are looked for. Each target begins in the first, which is the cheapest. Failures that
 * come of exit and target together, as blocks do, move it up by one; after a while it comes down again, on trial: one failure then sends it back,
 * for twice as long.
 */
export class Tiers {
  #settings: TierSettings;
  readonly #climbs = new Map<string, Climb>();
  readonly #max: number;
  /** Of each filter, one for each tier. Kept with it: clients without parameters share one. */
  #filters = new WeakMap<ExitFilter, readonly ExitFilter[]>();

  constructor(settings: TierSettings, max: number = TARGETS_MAX) {
    this.#settings = settings;
    this.#max = max;
  }

  /** Whether tiers are configured. */
  get isOn(): boolean {
    return this.#settings.order.length > 0;
  }

  /** Whether the first tier is no exit at all. */
  get hasDirect(): boolean {
    return this.#settings.order[0] === DIRECT_TIER;
  }

  /** Targets that are remembered. */
  get size(): number {
    return this.#climbs.size;
  }

  /** Takes new settings. What was learned by another order says nothing. */
  configure(settings: TierSettings): void {
    if (settings.order.join() !== this.#settings.order.join()) {
      this.#climbs.clear();
      this.#filters = new WeakMap();
    }
    this.#settings = settings;
  }

  /** The first tier that exits can be in: that of exits that name none; undefined: there are no tiers. */
  get firstOfExits(): string | undefined {
    return this.#settings.order.find((tier) => tier !== DIRECT_TIER);
  }

  /** The place in the order of the tier to begin with. */
  startOf(target: string, now: number): number {
    const climb = this.#climbs.size === 0 ? undefined : this.#climbs.get(target);
    if (climb === undefined) return 0;
    this.#comeDown(climb, now);
    return climb.tier;
  }

  /** True where a target is to be tried without an exit first. */
  startsDirect(target: string, now: number): boolean {
    return this.hasDirect && this.startOf(target, now) === 0;
  }

  /** The filters of each tier from the one to begin with upwards, then of those below it, then of all; null: the client has its own choice. */
  filtersFor(filter: ExitFilter, target: string, now: number): readonly ExitFilter[] | null {
    if (filter.exit !== null || filter.tags["tier"] !== undefined) return null;
    const filters = this.#filtersOf(filter);
    const start = Math.max(0, this.startOf(target, now) - (this.hasDirect ? 1 : 0));
    return start === 0 ? filters : [...filters.slice(start, -1), ...filters.slice(0, start).reverse(), filter];
  }

  /** An attempt over this tier failed, neither by the target's fault alone nor surely by its exit's. */
  failed(target: string, tier: string | undefined, now: number): void {
    const place = this.#placeOf(tier);
    if (place < 0) return;
    const climb = this.#remember(target, now);
    this.#comeDown(climb, now);
    if (place !== climb.tier) return;
    climb.failures = climb.failures * 0.5 ** ((now - climb.failedAt) / HALF_LIFE_MS) + 1;
    climb.failedAt = now;
    if (climb.isOnTrial || climb.failures >= this.#settings.upAfter - NEARLY) this.#moveUp(climb, now);
  }

  /** An attempt over this tier was answered. */
  answered(target: string, tier: string | undefined, now: number): void {
    const climb = this.#climbs.size === 0 ? undefined : this.#climbs.get(target);
    if (climb === undefined || this.#placeOf(tier) !== climb.tier) return;
    climb.isOnTrial = false;
    climb.failures *= LEFT_BY_ANSWER;
    if (now < climb.until) return;
    climb.rounds = 0;
    if (climb.tier === 0 && climb.failures < FORGOTTEN) this.#climbs.delete(target);
  }

  /** A rule says that this target needs a better tier than the one that was tried. */
  moveUp(target: string, tier: string | undefined, now: number): void {
    const place = this.#placeOf(tier);
    if (place < 0) return;
    const climb = this.#remember(target, now);
    this.#comeDown(climb, now);
    if (place === climb.tier) this.#moveUp(climb, now);
  }

  #moveUp(climb: Climb, now: number): void {
    climb.failures = 0;
    climb.isOnTrial = false;
    if (climb.tier >= this.#settings.order.length - 1) return;
    climb.tier++;
    climb.until = now + this.#settings.downAfter * 2 ** climb.rounds;
    climb.rounds = Math.min(ROUNDS_MAX, climb.rounds + 1);
  }

  #comeDown(climb: Climb, now: number): void {
    if (climb.tier === 0 || now < climb.until) return;
    climb.tier--;
    climb.failures = 0;
    climb.isOnTrial = true;
    climb.until = now + this.#settings.downAfter;
  }

  #remember(target: string, now: number): Climb {
    let climb = this.#climbs.get(target);
    if (climb === undefined) {
      if (this.#climbs.size >= this.#max) this.#climbs.delete(this.#climbs.keys().next().value as string);
      climb = { tier: 0, failures: 0, failedAt: now, until: now, isOnTrial: false, rounds: 0 };
    } else this.#climbs.delete(target); // to the end
    this.#climbs.set(target, climb);
    return climb;
  }

  #placeOf(tier: string | undefined): number {
    return tier === undefined ? -1 : this.#settings.order.indexOf(normalize(tier));
  }

  #filtersOf(filter: ExitFilter): readonly ExitFilter[] {
    const { order } = this.#settings;
    let filters = this.#filters.get(filter);
    if (filters === undefined) {
      const tiers = order.filter((tier) => tier !== DIRECT_TIER);
      filters = [...tiers.map((tier) => ({ exit: null, tags: { ...filter.tags, tier: [tier] } })), filter];
      this.#filters.set(filter, filters);
    }
    return filters;
  }
}

/** Failures wear off by the millisecond: so much less counts as whole. */
const NEARLY = 0.05;
/** Fewer failures than this are none. */
const FORGOTTEN = 0.1;
