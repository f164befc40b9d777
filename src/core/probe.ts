import type { Culprit, Fault } from "./fault.ts";
import type { Exit, HopRole, Target } from "./route.ts";

/** What one check of an exit found out. */
export interface Probed {
  /** What was asked through it. */
  readonly target: Target;
  readonly outcome: /** What was asked came back as it was sent; `ms` until its first byte. */
    | { readonly kind: "answered"; readonly ms: number }
    | {
        readonly kind: "failed";
        readonly fault: Fault;
        readonly culprit: Culprit;
        readonly role: HopRole;
        /** What was asked did well at that moment without this exit. */
        readonly isTargetUp?: boolean;
      }
    /** Nothing could be found out: the judge is down, or the check was ended. */
    | { readonly kind: "unjudged" };
  /** A sentence for people. Holds no secret. */
  readonly summary: string;
}

/** Checks an exit, for the gateway that wants to use it. Never throws for what the exit does, and ends in bounded time. */
export type Probe = (exit: Exit, options: ProbeOptions) => Promise<Probed>;

export interface ProbeOptions {
  /** Not only whether it works, but also whether it is honest. */
  readonly deep: boolean;
  readonly signal: ProbeSignal;
  /** Told once the exit has answered: what comes then is work, and no waiting for somebody who may be gone. */
  readonly onMet?: () => void;
  /** What it may use of the exit's own limits; without: as much as it needs. */
  readonly allowance?: CheckAllowance;
}

/** What a check may use of its exit's own limits. */
export interface CheckAllowance {
  /** Open at once. */
  readonly connections: number;
  /** From one request to the next, where nobody else uses the exit; 0: as they come. Milliseconds. */
  readonly spacingMs: number;
  /** Asks for one more request. 0: it may go, and is counted; else in how many milliseconds it is worth asking again. */
  askTurn(now: number): number;
}

/** Ends a check that nobody waits for any more. As much of an AbortSignal as is needed. */
export interface ProbeSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
