import type { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import type { MessageLimits, ResponseTolerances } from "../core/settings.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { DialOptions } from "../net/dial-options.ts";
import type { DnsQueries } from "../net/dns-query.ts";
import type { Resolver } from "../net/resolve.ts";
import type { MachineFacts } from "./machine/machine-facts.ts";

/** What tests are run with. */
export interface DiagnoseContext {
  readonly resolver: Resolver;
  /** The name servers themselves; null: there is no way to ask them. */
  readonly names: Pick<DnsQueries, "ask"> | null;
  /** `connectTcp`, or a fake in tests. */
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  /** PEM certificates to trust besides Node's own; null: none. */
  readonly ca: readonly string[] | null;
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  /** Tell a block page from a page. */
  readonly rules: Rules;
  /** For one test. Milliseconds. */
  readonly timeoutMs: number;
  /** Nothing is waited for that is not needed from then on, counted from the first test; whole routes have their own time. Milliseconds. */
  readonly totalMs: number;
  /** For each step of opening its way; null: as long as the test may last. Milliseconds. */
  readonly connectMs: number | null;
  /** What this machine says of itself; null: nobody looks. */
  readonly machine: (() => Promise<MachineFacts>) | null;
  /** How long a conclusion that is certain waits for tests that are about to end. Milliseconds. */
  readonly graceMs: number;
}

/** How a test dials. @param deadline on the clock, for all of it */
export function dialOptions(context: DiagnoseContext, signal: CancelSignal, deadline: number): DialOptions {
  const { resolver, connectTcp, clock, ca, timeoutMs, connectMs } = context;
  const stepMs = Math.min(timeoutMs, connectMs ?? timeoutMs);
  const timeouts = { connect: stepMs, handshake: stepMs, tls: stepMs };
  return { resolver, connectTcp, timeouts, clock, signal, deadline, ca, isOwnListener: () => false };
}
