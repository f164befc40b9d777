import type { Weighed } from "../../src/blame/evidence.ts";
import type { Side } from "../../src/blame/fault-sides.ts";
import type { TrueSide, Truth } from "./laws.ts";

/** After so many failures of one kind, whose fault the next is should be clear. */
const LEARNED = 5;

/** Of all, how many were. */
export interface Share {
  right: number;
  of: number;
}

/** Compares what was blamed with what was to blame. */
export class Score {
  /** All failures, and those that came after five of their kind. */
  readonly all: Readonly<Record<TrueSide, Share>> = { exit: none(), target: none(), pair: none(), network: none() };
  readonly learned: Readonly<Record<TrueSide, Share>> = { exit: none(), target: none(), pair: none(), network: none() };
  /** The latter as the oracles would have blamed them. */
  readonly allKnowing: Readonly<Record<TrueSide, Share>> = { exit: none(), target: none(), pair: none(), network: none() };
  readonly notForeseeing: Readonly<Record<TrueSide, Share>> = { exit: none(), target: none(), pair: none(), network: none() };
  /** Failures that no exit made, and how many of them benched one. */
  readonly benchedForOthers: Share = none();
  /** The same of what our own connection broke, which is so much more. */
  readonly benchedForOwn: Share = none();
  readonly #seen = new Map<string, number>();

  count(truth: Truth, weighed: Weighed, isBenched: boolean): void {
    const seen = this.#seen.get(truth.kind) ?? 0;
    this.#seen.set(truth.kind, seen + 1);
    const isRight = truth.sides.some((side) => BLAMED_AS[side] === weighed.side);
    add(this.all[truth.side], isRight);
    if (seen >= LEARNED) {
      add(this.learned[truth.side], isRight);
      add(this.allKnowing[truth.side], truth.sides.includes(truth.oracles.allKnowing));
      add(this.notForeseeing[truth.side], truth.sides.includes(truth.oracles.notForeseeing));
    }
    if (truth.sides.includes("exit")) return;
    add(truth.sides.includes("network") ? this.benchedForOwn : this.benchedForOthers, isBenched);
  }
}

const BLAMED_AS: Readonly<Record<TrueSide, Side>> = { exit: "exit", target: "target", pair: "pair", network: "other" };

function none(): Share {
  return { right: 0, of: 0 };
}

function add(share: Share, isSo: boolean): void {
  share.of++;
  if (isSo) share.right++;
}
