import { attribute } from "../blame/attribute.ts";
import { fault } from "../core/fault.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { Connection } from "../net/connection.ts";
import { type DialPlan, dial } from "../net/dial.ts";
import { noteFault } from "./attempt-record.ts";
import type { Exchange } from "./exchange.ts";
import type { Lane } from "./lane.ts";

/** Dials a route for an attempt, with its times and bytes in the record; a failure comes back attributed and noted. */
export async function openRoute(
  exchange: Exchange,
  plan: DialPlan,
  { route, deadline, lane }: { readonly route: Route; readonly deadline: number; readonly lane: Lane | null },
  record: AttemptRecord,
): Promise<{ connection: Connection } | { attributed: AttributedFault }> {
  const { context } = exchange;
  record.stage = "connect";
  const dialled = await dial(plan, {
    resolver: context.resolver,
    connectTcp: context.connectTcp,
    timeouts: context.settings.timeouts,
    ca: context.settings.ca,
    clock: context.clock,
    signal: lane === null ? exchange.signal : lane.cancellation,
    deadline,
    isOwnListener: context.isOwnListener,
  });
  const { report } = dialled;
  record.nextHop = report.nextHop;
  record.bytesIn += report.bytesIn;
  record.bytesOut += report.bytesOut;
  Object.assign(record.ms, report.ms);
  if (dialled.kind === "open") {
    if (exchange.clientFault === null) return { connection: dialled.connection };
    dialled.connection.destroy();
  }
  const attributed = attributedOf(exchange, dialled, route);
  if (!lane?.isLost) noteFault(record, attributed);
  return { attributed };
}

function attributedOf(exchange: Exchange, dialled: Awaited<ReturnType<typeof dial>>, route: Route): AttributedFault {
  const role = route.exit === null ? "target" : "exit";
  if (exchange.clientFault !== null) return { fault: exchange.clientFault, role, hop: 0 };
  if (dialled.kind === "failed") return attribute(dialled.failure, route);
  const address = dialled.kind === "loop" ? dialled.address : dialled.report.nextHop;
  return { fault: fault("gateway.loop_detected", `${address} is this gateway's own listener`), role, hop: 1 };
}
