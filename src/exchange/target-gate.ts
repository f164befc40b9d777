import type { AttributedFault } from "../core/ledger.ts";
import type { Gate } from "../pool/circuits.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Whether the target may be asked: null. Else what is told instead: the fault that it went down with.
 *
 * @param own the exchange's own latest fault, which is told where it is the target's too.
 */
export function gateTarget(exchange: Exchange, own: AttributedFault | null): AttributedFault | null {
  const { circuits, clock, settings } = exchange.context;
  // A reload may have switched circuits off while some were open.
  if (circuits.size === 0 || exchange.probe !== null || settings.circuit.failures === 0) return null;
  const gate = circuits.gate(exchange.targetKey, exchange.path, clock.now());
  if (gate.kind === "closed") return null;
  if (gate.kind === "open") return tellDown(gate, own);
  exchange.probe = gate.circuit;
  return null;
}

function tellDown({ attributed, status, evidence, retryAfterMs }: Gate & { kind: "open" }, own: AttributedFault | null): AttributedFault {
  const isSame = own !== null && own.fault.id === attributed.fault.id;
  const { fault, role, hop, evidence: learned = [] } = isSame ? own : attributed;
  const lines = isSame ? [...learned, ...evidence] : evidence;
  const told = { fault: { ...fault, retryAfterMs: Math.max(1, retryAfterMs) }, role, hop, evidence: lines };
  return status === null ? told : { ...told, status };
}
