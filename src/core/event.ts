import type { Culprit, FaultId } from "./fault.ts";
import type { ExchangeRecord } from "./ledger.ts";

/** An exit's state, as people see it. */
export const HOP_STATES = ["untried", "healthy", "probation", "benched", "dead"] as const;
export type HopState = (typeof HOP_STATES)[number];

/** The reason of a bench that no failure earned: whoever reads a log knows it by that. */
export const BENCHED_BY_OPERATOR = "an operator benched it";

/** What somebody may do by the admin API. */
export type OperatorAction = "add" | "remove" | "drain" | "undrain" | "bench" | "unbench" | "rotate";

/** What is known of a target that failed: `open`: it is not asked; `half-open`: one request finds out whether it is back. */
export type CircuitState = "closed" | "open" | "half-open";

/** What features report; only `observe/` formats it. */
export type GatewayEvent =
  | { readonly type: "exchange-ended"; readonly record: ExchangeRecord }
  | { readonly type: "tunnel-opened"; readonly id: string }
  | { readonly type: "tunnel-closed"; readonly id: string }
  | {
      readonly type: "hop-changed";
      readonly exit: string;
      readonly from: HopState;
      readonly to: HopState;
      readonly reason: string;
      readonly forMs: number;
    }
  | {
      readonly type: "operator-acted";
      /** They had the token, or there is none and they are on this machine. */
      readonly by: "token" | "loopback";
      readonly action: OperatorAction;
      /** Null where no single exit is meant. */
      readonly exit: string | null;
      readonly summary: string;
    }
  | {
      readonly type: "circuit-changed";
      /** `host:port`. */
      readonly target: string;
      /** The first segment of a path; null: all of the target. */
      readonly path: string | null;
      readonly from: CircuitState;
      readonly to: CircuitState;
      readonly reason: string;
      /** Until the next probe. */
      readonly forMs: number;
    }
  /** What other attempts showed later speaks for another culprit than was told. */
  | {
      readonly type: "verdict-revised";
      /** The exchange's. */
      readonly id: string;
      /** 1 = the first. */
      readonly attempt: number;
      readonly from: Culprit;
      readonly to: Culprit;
      readonly reason: string;
    }
  /** The gateway has checked an exit by itself. */
  | {
      readonly type: "exit-checked";
      readonly exit: string;
      readonly result: "answered" | "failed" | "unjudged";
      readonly fault: FaultId | null;
      readonly ms: number;
    }
  | { readonly type: "config-changed"; readonly summary: string }
  | { readonly type: "config-refused"; readonly reason: string }
  | { readonly type: "warning"; readonly message: string };

export type Report = (event: GatewayEvent) => void;
