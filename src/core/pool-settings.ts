export const SELECT_STRATEGIES = [
  "p2c",
  "round-robin",
  "random",
  "weighted",
  "least-in-flight",
  "least-recently-used",
  "sticky-hash",
] as const;
export type SelectStrategy = (typeof SELECT_STRATEGIES)[number];

/** Kinds of exits by their `tier` tag, the cheapest first. */
export interface TierSettings {
  /** Empty: all exits are alike. `direct` may be the first. */
  readonly order: readonly string[];
  /** Failures of one target's attempts until it is moved up. */
  readonly upAfter: number;
  /** How long until a target that was moved up tries a cheaper tier again. Milliseconds. */
  readonly downAfter: number;
}

/** Which exits are taken. */
export interface PoolSettings {
  readonly select: SelectStrategy;
  /** The share of the pool, 0 to 1, that must be usable; where it is not, the least bad of the others are used too. */
  readonly floor: number;
  /** Exits that no check has passed are taken only where no other will do. */
  readonly checked: boolean;
  readonly tiers: TierSettings;
}

/** How much of something at once, and how many a second, evenly spaced. Null: no limit. */
export interface Pace {
  readonly concurrent: number | null;
  /** May be below 1: 0.5 is one every two seconds. */
  readonly perSecond: number | null;
}

/** What exits and targets get at most, and who may wait for it. */
export interface Pacing {
  readonly perExit: Pace;
  readonly perTarget: Pace;
  /** One exit towards one target. */
  readonly perExitAndTarget: Pace;
  /** Exchanges that wait for their turn. */
  readonly queue: number;
  /** How long each may wait. Milliseconds. */
  readonly wait: number;
}
