import type { Failure } from "../blame/failure.ts";
import type { Exit, Target } from "../core/route.ts";
import type { Ruling } from "../core/rule.ts";
import type { Slot } from "./limits.ts";
import type { PoolExit } from "./pool-exit.ts";

/** An exit taken for one attempt; must be settled once. */
export interface Lease {
  readonly exit: Exit;
  /** What its client's session is called on this exit, if it has one: the key, and behind it how often it has moved there. */
  readonly session: string | null;
  /** What it counts as against limits, until it is settled; whoever wants to count longer takes it away. */
  slot: Slot | null;
  /** Of the rule that the attempt met, to be obeyed when it is settled; set by whoever judges the attempt. */
  ruling: Ruling | null;
}

/** How an attempt went, as far as its exit is concerned. */
export type LeaseOutcome =
  /** An answer came, or a tunnel opened; `ms` until then. */
  | { readonly kind: "answered"; readonly ms: number }
  | ({ readonly kind: "failed" } & Failure)
  /** The client left, or nothing was tried. */
  | { readonly kind: "unjudged" };

/** A lease with what its pool must know to settle it: nothing is looked up for it. */
export class OpenLease implements Lease {
  /** The pool that gave it. */
  readonly owner: object;
  readonly taken: PoolExit;
  readonly exit: Exit;
  readonly session: string | null;
  readonly target: Target;
  /** The count of leases when it was taken. */
  readonly leasedAt: number;
  slot: Slot | null = null;
  ruling: Ruling | null = null;
  isSettled = false;

  constructor(owner: object, taken: PoolExit, target: Target, session: string | null, leasedAt: number) {
    this.owner = owner;
    this.taken = taken;
    this.exit = taken.exit;
    this.target = target;
    this.session = session;
    this.leasedAt = leasedAt;
  }
}
