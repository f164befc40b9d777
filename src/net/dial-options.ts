import type { Clock } from "../core/clock.ts";
import type { Timeouts } from "../core/settings.ts";
import type { CancelSignal } from "./cancellation.ts";
import type { connectTcp } from "./connect-tcp.ts";
import type { Resolver } from "./resolve.ts";

/** What dialling needs, whatever the route. */
export interface DialOptions {
  readonly resolver: Resolver;
  /** `connectTcp`, or a fake in tests. */
  readonly connectTcp: typeof connectTcp;
  readonly timeouts: Pick<Timeouts, "connect" | "handshake" | "tls">;
  readonly clock: Clock;
  readonly signal: CancelSignal | null;
  /** On the clock: no stage may last beyond it. */
  readonly deadline: number;
  /** As in the settings. */
  readonly ca: readonly string[] | null;
  /** Ours: dialling one of these would be a loop. */
  readonly isOwnListener: (address: string, port: number) => boolean;
}
