import { sidesOf } from "../../src/blame/fault-sides.ts";
import type { TrueSide, Truth } from "./laws.ts";
import { type Chances, chancesOf, type Looks, type Symptom } from "./symptoms.ts";

/** A law that may have broken an attempt. */
export interface Suspect {
  readonly side: TrueSide;
  readonly how: Truth["how"];
  /** How likely it breaks such an attempt, 0 to 1. */
  readonly chance: number;
  /** The nearer to us, the smaller: of several that break an attempt this one shows. */
  readonly order: number;
}

/**
 * Whom one would blame who knows these laws (Bayes): the side that most likely was among those that broke the attempt, given what it looks like.
 * Null where none of the laws can look like that.
 */
export function blameBy(suspects: readonly Suspect[], symptom: Symptom, looks: Looks): TrueSide | null {
  const odds = new Map<TrueSide, number>();
  for (let set = 1; set < 2 ** suspects.length; set++) {
    let chance = 1;
    let shown: Suspect | null = null;
    const sides = new Set<TrueSide>();
    for (const [place, suspect] of suspects.entries()) {
      const strikes = (set & (1 << place)) !== 0;
      chance *= strikes ? suspect.chance : 1 - suspect.chance;
      if (!strikes) continue;
      sides.add(suspect.side);
      if (shown === null || suspect.order < shown.order) shown = suspect;
    }
    chance *= chanceOf(symptom, chancesOf(shown as Suspect, looks));
    if (chance > 0) for (const side of sides) odds.set(side, (odds.get(side) ?? 0) + chance);
  }
  let best: TrueSide | null = null;
  for (const [side, chance] of odds) if (best === null || chance > (odds.get(best) as number)) best = side;
  return best;
}

function chanceOf({ failure: { fault, role } }: Symptom, chances: Chances): number {
  let sum = 0;
  for (const [chance, { failure }] of chances) {
    if (failure.fault.id === fault.id && failure.fault.confidence === fault.confidence && failure.role === role) sum += chance;
  }
  return sum;
}

/** Whom the failure itself speaks of most. */
export function blameByItself({ failure }: Symptom): TrueSide {
  const { exit, target } = sidesOf(failure, false);
  return exit >= target ? "exit" : "target";
}
