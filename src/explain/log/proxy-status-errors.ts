import type { FaultId } from "../../core/fault.ts";
import { FAULTS } from "../../core/fault-table.ts";
import type { AnyFaultId } from "./log-event.ts";

/** What a log means that has a member of Proxy-Status (RFC 9209) in it, `error="…"; details="…"`; null: no error that we know. */
export function faultOfProxyStatus(text: string): AnyFaultId | null {
  if (text.includes("client_disconnected") || text.includes("downstream_")) return "client.closed_waiting";
  return ERRORS.get(/\berror="?(\w+)/.exec(text)?.[1] ?? "") ?? null;
}

/** A fault of each error, and what a line means by it that has no more than the error. */
const ONE_OF_EACH: readonly (readonly [FaultId, AnyFaultId])[] = [
  ["dns.timeout", "dns.timeout"],
  ["dns.servfail", "dns.error"],
  ["gateway.no_exit", "gateway.no_route"],
  ["handshake.exit_unavailable", "gateway.no_healthy_backend"],
  ["connect.host_unreachable", "connect.host_unreachable"],
  ["connect.refused", "connect.refused"],
  ["head.reset", "head.closed"],
  ["connect.timeout", "connect.timeout"],
  ["head.timeout", "head.timeout"],
  ["write.timeout", "write.timeout"],
  ["gateway.upstream_limit", "gateway.upstream_limit"],
  ["tls.protocol_mismatch", "tls.handshake_failed"],
  ["tls.cert_untrusted", "tls.cert_untrusted"],
  ["tls.alert", "tls.alert"],
  ["client.bad_request", "client.bad_request"],
  ["client.denied", "client.denied"],
  ["body.truncated", "body.truncated"],
  ["head.too_large", "head.too_large"],
  ["head.not_http", "head.invalid"],
  ["head.upgrade_failed", "head.upgrade_failed"],
  ["gateway.overloaded", "gateway.local_response"],
  ["gateway.internal_error", "gateway.internal_error"],
  ["connect.acl_denied", "gateway.config_error"],
  ["gateway.loop_detected", "gateway.loop_detected"],
];

const ERRORS: ReadonlyMap<string, AnyFaultId> = new Map<string, AnyFaultId>([
  ...ONE_OF_EACH.map(([one, told]): [string, AnyFaultId] => [FAULTS[one].rfc ?? "", told]),
  // No fault of ours has it: the limit of a whole answer.
  ["http_response_timeout", "head.timeout"],
]);
