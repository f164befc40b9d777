import type { Culprit, Fault, FaultId, FaultRow, RetryClass, Stage } from "./fault.ts";
import { CLIENT_FAULTS } from "./faults/client.ts";
import { CONNECT_FAULTS } from "./faults/connect.ts";
import { GATEWAY_FAULTS } from "./faults/gateway.ts";
import { HANDSHAKE_FAULTS } from "./faults/handshake.ts";
import { HONESTY_FAULTS } from "./faults/honesty.ts";
import { RELAY_FAULTS } from "./faults/relay.ts";
import { RESPONSE_FAULTS } from "./faults/response.ts";
import { TLS_FAULTS } from "./faults/tls.ts";
import type { HopRole } from "./route.ts";

/** The only place that knows what follows from a fault: RFC type, status, culprit and retry class by role, fixes. */
export const FAULTS: Readonly<Record<FaultId, FaultRow>> = {
  ...CLIENT_FAULTS,
  ...GATEWAY_FAULTS,
  ...CONNECT_FAULTS,
  ...HANDSHAKE_FAULTS,
  ...TLS_FAULTS,
  ...RESPONSE_FAULTS,
  ...RELAY_FAULTS,
  ...HONESTY_FAULTS,
};

/** Who broke: the evidence's own word where it has one, else the row's for that role. */
export function culpritOf(fault: Fault, role: HopRole): Culprit {
  return fault.culprit ?? FAULTS[fault.id].culprit[role];
}

export function stageOf(fault: Fault): Stage {
  return fault.stage ?? FAULTS[fault.id].stage;
}

export function confidenceOf(fault: Fault): number {
  return fault.confidence ?? FAULTS[fault.id].confidence;
}

export function retryClassOf(fault: Fault, role: HopRole): RetryClass {
  return FAULTS[fault.id].retry[role];
}
