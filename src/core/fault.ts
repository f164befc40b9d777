import type { ClientFaultId } from "./faults/client.ts";
import type { ConnectFaultId } from "./faults/connect.ts";
import type { GatewayFaultId } from "./faults/gateway.ts";
import type { HandshakeFaultId } from "./faults/handshake.ts";
import type { HonestyFaultId } from "./faults/honesty.ts";
import type { RelayFaultId } from "./faults/relay.ts";
import type { ResponseFaultId } from "./faults/response.ts";
import type { TlsFaultId } from "./faults/tls.ts";
import type { HopRole } from "./route.ts";

/** Every fault that there is. The lab can stage each (a type fails otherwise). */
export type FaultId = ExchangeFaultId | HonestyFaultId;

/** Those that the attempt loop or a listener can emit; the others come of checks alone. */
export type ExchangeFaultId =
  | ClientFaultId
  | GatewayFaultId
  | ConnectFaultId
  | HandshakeFaultId
  | TlsFaultId
  | ResponseFaultId
  | RelayFaultId;

/** Who broke. `edge` and `origin` are the two sides of a target; where nothing proves an edge it is `origin`. */
export type Culprit = "client" | "gateway" | "exit" | "edge" | "origin" | "dns" | "network";

/** The target's side broke: its edge, or the origin behind it. */
export function isOfTargetSide(culprit: Culprit | null): boolean {
  return culprit === "origin" || culprit === "edge";
}

/** Where in an exchange it broke. */
export type Stage =
  | "request"
  | "select"
  | "dns"
  | "connect"
  | "handshake"
  | "tls"
  | "write"
  | "head"
  | "body"
  | "trailers"
  | "tunnel"
  | "reply";

/**
 * When another attempt is allowed.
 * - `never`: not at all.
 * - `fresh-hop`: always on another hop; no request byte reached anything beyond the handshake.
 * - `fresh-socket`: once on the same hop, on a new socket, outside the attempt count, if the request is repeatable.
 * - `idempotent`: on another hop, if the request is repeatable and nothing went to the client.
 * - `wait`: as `idempotent`, after a backoff or `Retry-After`.
 */
export type RetryClass = "never" | "fresh-hop" | "fresh-socket" | "idempotent" | "wait";

/**
 * Whether somebody else on the way may have made what was seen, however sure its row is of the culprit.
 * - `never`: no more than the row's confidence says.
 * - `tunnelled`: where it came out of a tunnel, the exit may have made it (a certificate of its own).
 * - `always`: silence, ends, garbage and an exit's word on a target look the same whether the exit is broken, the target is down, or one
 *   does not want the other. Never proof: what others saw decides.
 */
type InDoubt = "never" | "tunnelled" | "always";

/** RFC 9209 section 2.3, the types that we send. */
export type ProxyErrorType =
  | "dns_timeout"
  | "dns_error"
  | "destination_not_found"
  | "destination_unavailable"
  | "destination_ip_prohibited"
  | "destination_ip_unroutable"
  | "connection_refused"
  | "connection_terminated"
  | "connection_timeout"
  | "connection_read_timeout"
  | "connection_write_timeout"
  | "connection_limit_reached"
  | "tls_protocol_error"
  | "tls_certificate_error"
  | "tls_alert_received"
  | "http_request_error"
  | "http_request_denied"
  | "http_response_incomplete"
  | "http_response_header_section_size"
  | "http_response_header_size"
  | "http_response_trailer_section_size"
  | "http_response_transfer_coding"
  | "http_response_timeout"
  | "http_upgrade_failed"
  | "http_protocol_error"
  | "proxy_internal_response"
  | "proxy_internal_error"
  | "proxy_configuration_error"
  | "proxy_loop_detected";

/** Extra RFC 9209 parameters of an error type, by their wire names (`alert-id`, `rcode`, `received-status`, `header-name`). */
export type RfcParams = Readonly<Record<string, string | number>>;

/** Why an attempt or a request failed: a value with its evidence. Everything general about an id is in its row. */
export interface Fault {
  readonly id: FaultId;
  /** The evidence in words, at most a sentence: what was seen, with numbers. Holds no secret. */
  readonly details: string;
  /** Extra parameters of the RFC 9209 error type. */
  readonly params: RfcParams;
  /** Where the evidence itself names the culprit (an `X-Squid-Error`, a SOCKS code); null: the row decides by role. */
  readonly culprit: Culprit | null;
  /** 0 to 1; null: the row's. */
  readonly confidence: number | null;
  /** Milliseconds that the hop asked us to wait (`Retry-After`), else null. */
  readonly retryAfterMs: number | null;
  /** Where the fault broke in another stage than its row says; null: the row's. */
  readonly stage: Stage | null;
}

/** One row of the fault table. */
export interface FaultRow {
  /** RFC 9209 error type; null where none fits (client gone, relayed answers). */
  readonly rfc: ProxyErrorType | null;
  /** Status of the answer that the gateway makes; null where none is made. */
  readonly status: number | null;
  readonly stage: Stage;
  readonly culprit: Readonly<Record<HopRole, Culprit>>;
  readonly confidence: number;
  readonly inDoubt: InDoubt;
  readonly retry: Readonly<Record<HopRole, RetryClass>>;
  /** One sentence: what happened. The page `docs/faults.md` is made of these. */
  readonly summary: string;
  readonly fix: { readonly client: string; readonly operator: string };
}

/** Makes a fault; what is not given is left to its row. */
export function fault(id: FaultId, details: string, more: Partial<Omit<Fault, "id" | "details">> = {}): Fault {
  return { id, details, params: {}, culprit: null, confidence: null, retryAfterMs: null, stage: null, ...more };
}

/** Carries a fault through code that can only throw. Caught in one place per layer; a value from there on. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: Fault;

  constructor(value: Fault) {
    super(`${value.id}: ${value.details}`);
    this.fault = value;
  }
}
