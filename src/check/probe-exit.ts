import { formatHostPort } from "../core/address.ts";
import type { Probe, Probed, ProbeSignal } from "../core/probe.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import type { CheckContext } from "./check-context.ts";

/** How a gateway checks its exits: by one connection, and by a few more for their honesty. */
export function createProbe(context: CheckContext): Probe {
  return (exit, options) => probeExit(exit, context, options);
}

async function probeExit(exit: Exit, _context: CheckContext, _options: { deep: boolean; signal: ProbeSignal }): Promise<Probed> {
  const { host, port } = exit.hops.at(-1) as ExitHop;
  return { target: { scheme: "tcp", host, port }, outcome: { kind: "unjudged" }, summary: formatHostPort({ host, port }) };
}
