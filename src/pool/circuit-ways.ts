import type { Blocks } from "./pair-memory.ts";
import type { PoolExit } from "./pool-exit.ts";

/** Over whom one could learn that a target is down. */
export interface Ways {
  /** How many there are, of more than `enough` as many. */
  count(enough: number): number;
  /** What failed over this exit still tells of the target; null: no exit. */
  includes(exit: string | null): boolean;
}

/** Without an exit there is one way. */
export const DIRECT_WAY: Ways = { count: () => 1, includes: () => true };

/** Of a pool with more exits that tell nothing, the others may be as many as one likes. */
const LOOKS_MAX = 1024;

interface Exits {
  get(id: string): PoolExit | undefined;
  all(): Iterable<PoolExit>;
}

/**
 * The exits that can tell whether a target is down. One that is out for a fault of its own, held back, or blocked by the target cannot. One
 * that is out because it failed on this very target can: that it was not the target's fault is what is in question.
 */
export function waysTo(target: string, exits: Exits, blocks: Blocks | null, now: number): Ways {
  const canTell = (member: PoolExit) => {
    if ((blocks?.get(member.id)?.until ?? 0) > now) return false;
    return member.isSound || (member.hold === null && member.health.wasBenchedOver(target));
  };
  return {
    count(enough) {
      let found = 0;
      let looks = 0;
      for (const member of exits.all()) {
        if (canTell(member) && ++found === enough) return enough;
        if (++looks === LOOKS_MAX) return enough;
      }
      return found;
    },
    includes(exit) {
      if (exit === null) return true;
      const member = exits.get(exit);
      return member !== undefined && canTell(member);
    },
  };
}
