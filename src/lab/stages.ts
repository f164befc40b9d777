import type { ExchangeFaultId } from "../core/fault.ts";
import { CLIENT_STAGES, MORE_CLIENT_STAGES } from "./stages/client-stages.ts";
import { CONNECT_STAGES, MORE_CONNECT_STAGES } from "./stages/connect-stages.ts";
import { GATEWAY_STAGES, MORE_GATEWAY_STAGES } from "./stages/gateway-stages.ts";
import { HANDSHAKE_STAGES, MORE_HANDSHAKE_STAGES } from "./stages/handshake-stages.ts";
import { MORE_RELAY_STAGES, MORE_RESPONSE_STAGES, RELAY_STAGES, RESPONSE_STAGES } from "./stages/response-stages.ts";
import type { Stage } from "./stages/stage.ts";
import { FIRST_FLIGHT_STAGES, MORE_TLS_STAGES, TLS_STAGES } from "./stages/tls-stages.ts";

/** How each fault of an exchange is staged. One that nothing can stage does not compile. */
export const STAGES: Readonly<Record<ExchangeFaultId, Stage>> = {
  ...CLIENT_STAGES,
  ...GATEWAY_STAGES,
  ...CONNECT_STAGES,
  ...HANDSHAKE_STAGES,
  ...TLS_STAGES,
  ...RESPONSE_STAGES,
  ...RELAY_STAGES,
};

/** The same faults in other roles, and in other proxies' words. */
export const MORE_STAGES: readonly Stage[] = [
  ...MORE_CLIENT_STAGES,
  ...MORE_GATEWAY_STAGES,
  ...MORE_CONNECT_STAGES,
  ...MORE_HANDSHAKE_STAGES,
  ...MORE_TLS_STAGES,
  ...FIRST_FLIGHT_STAGES,
  ...MORE_RESPONSE_STAGES,
  ...MORE_RELAY_STAGES,
];
