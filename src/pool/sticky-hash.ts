import { hashText, mix } from "../core/hash-text.ts";
import type { ExitGroup } from "./exit-group.ts";
import type { PoolExit } from "./pool-exit.ts";
import { type Choosing, isFree } from "./selection.ts";
import { USABLE } from "./zone.ts";

/** Up to so many exits are all ranked; of more, so many are asked in turn. */
const RANKED_MAX = 64;

/**
 * The exit that the target's name leads to, as long as it may be taken; then the next one, for that target alone. Few exits are ranked by a
 * hash of target and exit (rendezvous hashing); among many the name jumps to places in the order of the list, which move little when the
 * list grows (jump consistent hashing, Lamping and Veach).
 */
export function chooseByHash(choosing: Choosing): PoolExit | null {
  const { groups } = choosing.shortlist;
  let size = 0;
  for (const group of groups) size += group.size;
  const seed = hashText(choosing.target);
  return size <= RANKED_MAX ? highestRanked(choosing, seed, size) : firstReached(choosing, seed, size);
}

function highestRanked(choosing: Choosing, seed: number, size: number): PoolExit | null {
  let best: PoolExit | null = null;
  let highest = -1;
  for (let place = 0; place < size; place++) {
    const candidate = loadedAt(choosing.shortlist.groups, place);
    const rank = hashText(candidate.id, seed);
    if (rank <= highest || candidate.zone !== USABLE || !isFree(candidate, choosing)) continue;
    highest = rank;
    best = candidate;
  }
  return best;
}

function firstReached(choosing: Choosing, seed: number, size: number): PoolExit | null {
  for (let jumps = 0; jumps < RANKED_MAX; jumps++) {
    const candidate = loadedAt(choosing.shortlist.groups, jump(mix(seed + jumps), size));
    if (candidate.zone === USABLE && isFree(candidate, choosing)) return candidate;
  }
  return null;
}

function loadedAt(groups: readonly ExitGroup[], place: number): PoolExit {
  let left = place;
  for (const group of groups) {
    if (left < group.size) return group.loadedAt(left);
    left -= group.size;
  }
  throw new RangeError("no exit at this place");
}

/** The place among `size` of a key: of all keys, one more place takes only its share. */
function jump(key: number, size: number): number {
  let state = key;
  let place = 0;
  let next = 0;
  while (next < size) {
    place = next;
    state = (Math.imul(state, LCG_FACTOR) + LCG_STEP) >>> 0;
    next = Math.floor((place + 1) / ((mix(state) + 1) / 2 ** 32));
  }
  return place;
}

const LCG_FACTOR = 0x19660d;
const LCG_STEP = 0x3c6ef35f;
