import type { Clock } from "../core/clock.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { Resolver } from "../net/resolve.ts";
import type { Gate } from "./gate.ts";
import type { Geo } from "./geo.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import type { TargetCheck } from "./target.ts";

/** What all checks of a run have in common. */
export interface CheckContext {
  readonly resolver: Resolver;
  /** `connectTcp`, or a fake in tests. */
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  /** PEM certificates to trust besides Node's own; null: none. */
  readonly ca: readonly string[] | null;
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  /** Those that are up, as `askDirectly` found them: the first that an exit can reach is asked. Empty: nothing can be verified but the target. */
  readonly judges: readonly JudgeAddress[];
  /** Why others that the user named are not among them: a sentence for each, which names it. */
  readonly judgesGone: readonly string[];
  /** `--target`; null: none. */
  readonly target: TargetCheck | null;
  readonly geo: Geo | null;
  /** For finding out whether it is alive; all together lasts at most twice as long. Milliseconds. */
  readonly timeoutMs: number;
  /** Fresh connections whose times are taken, at least 1. */
  readonly samples: number;
  /** Which proxies that work pass on their way to be measured. */
  readonly gate: Pick<Gate, "pass" | "isBusy">;
  /** Bytes to measure the throughput with; null: it is not measured. */
  readonly throughputBytes: number | null;
}
