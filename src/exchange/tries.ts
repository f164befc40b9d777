import type { AttributedFault } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { Tried } from "./decide.ts";
import type { Lane } from "./lane.ts";

/** What an attempt is given. */
export interface Given {
  readonly route: Route;
  readonly session: string | null;
  /** The target's addresses where a policy has checked them: only these may be used. */
  readonly addresses: readonly string[] | null;
  /** On the clock. */
  readonly startedAt: number;
  /** On the clock: by when this attempt must have its answer. */
  readonly deadline: number;
  /** A socket that served before may be used. */
  readonly mayReuse: boolean;
  /** Null: no other attempt runs beside this one. */
  readonly lane: Lane | null;
}

/** Takes what an attempt came to, or the promise of it; once. */
export interface Told<A> {
  tell(tried: Tried<A> | Promise<Tried<A>>): void;
}

/** How to make an attempt at something: a request, a tunnel. */
export interface Tries<A> {
  /** What it throws is thrown before anything was told. */
  attempt(given: Given, to: Told<A>): void;
  /** Whether what was sent may be sent again. */
  isRepeatable(): boolean;
  /** Whether all of it is still here to be sent, be it to a hop that never got any. */
  isWhole(): boolean;
  /** Whether it may be sent twice at the same time. */
  mayHedge(): boolean;
  /** An answer that is not going to be used. */
  drop(answer: A): void;
}

/** What the attempts came to, with the exit's lease still open where there is an answer: its end settles it. */
export type Ending<A> =
  | {
      readonly kind: "answer";
      readonly answer: A;
      readonly judged: AttributedFault | null;
      /** Gives a fault back as it reads with what other attempts have shown. */
      settle(how: "answered" | "unjudged" | AttributedFault): AttributedFault | null;
      /** What it counts as against limits is free for another, though it is not settled yet. */
      freeTurn(): void;
    }
  | { readonly kind: "fault"; readonly attributed: AttributedFault };
