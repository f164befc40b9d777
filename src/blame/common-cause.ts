import type { Track } from "./tracks.ts";

/** That so many targets came to fail by themselves at one time is less likely than that what they share did. */
const TARGETS_MIN = 3;
/** Less may be chance in each of them. */
const SHARE_MIN = 0.05;
/** A target that was not asked for so long tells nothing of now. Milliseconds. */
const LATELY_MS = 10 * 60_000;

/**
 * What targets that only this exit leads to break alike: the share of the one that breaks the least. However each failure is worded, it is the
 * exit's then: nobody else has seen these targets, and all of them would have to have got the same habit.
 */
export function brokenAlike(exit: Track, now: number): number {
  let least = 1;
  let targets = 0;
  for (const { target, asExit, asTarget, pace } of exit.cells) {
    if (target.cells.length > 1) return 0;
    if (now - Math.max(asTarget.okAt, asTarget.badAt) >= LATELY_MS) continue;
    targets++;
    least = Math.min(least, pace.share(asExit.seen));
  }
  return targets < TARGETS_MIN || least < SHARE_MIN ? 0 : least;
}
