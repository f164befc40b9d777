import { faultOfBackendStatus, faultOfStatus } from "./access.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { faultOfProxyStatus } from "./proxy-status-errors.ts";

/**
 * `{"httpRequest":{"requestMethod":"GET","status":502,…},"jsonPayload":{"statusDetails":"failed_to_pick_backend",…},"resource":
 * {"type":"http_load_balancer",…},…}`, what Cloud Logging keeps of Google's Application Load Balancers.
 */
export const GOOGLE_LB: LogFormat = { id: "gcp", name: "Google Cloud load balancer log", program: "gcp", read: readEntry };

const KINDS = /"(?:http_load_balancer|internal_http_lb_rule|http_external_regional_lb_rule)"|LoadBalancerLogEntry"/;

function readEntry(line: string): LogEvent | null {
  if (!line.startsWith("{") || !line.includes('"httpRequest"') || !KINDS.test(line)) return null;
  const at = readDashed(peekField(line, "timestamp") ?? "", 0);
  const quick = Number(peekField(line, "status") ?? "x");
  if (quick >= 200 && quick < 400) return logEvent({ at, status: quick });
  const value = parseJson(line);
  const request = fieldsOf(value, "httpRequest");
  if (request === null) return null;
  const payload = fieldsOf(value, "jsonPayload");
  const details = readField(payload, "statusDetails") ?? "";
  const proxyStatus = readField(payload, "proxyStatus") ?? "";
  const status = readNumber(request, "status") ?? 0;
  const fault = DETAILS.get(details) ?? ofFamily(details) ?? faultOfProxyStatus(proxyStatus) ?? ofStatus(status, details);
  if (fault === null) return logEvent({ at, status });
  const method = readField(request, "requestMethod");
  const target = readField(request, "requestUrl")?.replace(/^\w+:\/\//, "") ?? null;
  const service = readField(fieldsOf(fieldsOf(value, "resource"), "labels"), "backend_service_name");
  const server = readField(request, "serverIp");
  return logEvent({
    ...{ at, fault, status, method, target, client: readField(request, "remoteIp")?.replace(/:\d+$/, "") ?? null },
    backend: [service, server].filter((part) => part !== null).join("/") || null,
    ms: millisecondsOf(readField(request, "latency")),
    words: `${status}, ${details || proxyStatus || "without statusDetails"}: ${method ?? ""} ${target ?? ""}`,
  });
}

type Fields = Readonly<Record<string, unknown>> | null;

function fieldsOf(value: Fields, name: string): Fields {
  const inner = value !== null && Object.hasOwn(value, name) ? value[name] : null;
  return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Record<string, unknown>) : null;
}

function millisecondsOf(latency: string | null): number | null {
  const seconds = Number.parseFloat(latency ?? "");
  return Number.isNaN(seconds) ? null : Math.round(seconds * 1000);
}

function ofStatus(status: number, details: string): AnyFaultId | null {
  // As the backend, or the cache, had it.
  if (/^response_(?:sent_by_backend|from_cache)/.test(details)) return faultOfBackendStatus(status);
  return faultOfStatus(status);
}

/** https://cloud.google.com/load-balancing/docs/https/https-logging-monitoring */
const DETAILS: ReadonlyMap<string, AnyFaultId> = new Map<string, AnyFaultId>([
  ["backend_connection_closed_before_data_sent_to_client", "head.closed"],
  ["backend_connection_closed", "head.closed"],
  ["backend_connection_closed_after_partial_response_sent", "body.truncated"],
  ["backend_early_response_with_non_error_status", "head.invalid"],
  ["backend_interim_response_not_supported", "head.unexpected_1xx"],
  ["backend_response_corrupted", "body.invalid"],
  ["backend_timeout", "head.timeout"],
  ["body_not_allowed", "client.bad_request"],
  ["client_cert_invalid_rsa_key_size", "client.tls_handshake_failed"],
  ["client_disconnected_after_partial_response", "client.closed_during_response"],
  ["client_disconnected_before_any_response", "client.closed_waiting"],
  ["client_timed_out", "client.request_timeout"],
  ["config_not_found", "gateway.no_route"],
  ["denied_by_security_policy", "client.denied"],
  ["denied_by_iap", "client.denied"],
  ["error_uncompressing_gzipped_body", "body.invalid"],
  ["failed_to_connect_to_backend", "connect.failed"],
  ["failed_to_negotiate_alpn", "tls.alpn_mismatch"],
  ["failed_to_pick_backend", "gateway.no_healthy_backend"],
  ["fault_filter_abort", "gateway.local_response"],
  ["handled_by_identity_aware_proxy", "client.denied"],
  ["headers_too_long", "client.header_too_large"],
  ["http_version_not_supported", "client.bad_request"],
  ["internal_error", "gateway.internal_error"],
  ["invalid_external_origin_endpoint", "gateway.config_error"],
  ["invalid_http2_client_header_format", "client.bad_request"],
  ["invalid_http2_client_request_path", "client.bad_request"],
  ["invalid_request_headers", "client.bad_request"],
  ["malformed_chunked_body", "client.bad_request"],
  ["multiple_iap_policies", "gateway.config_error"],
  ["request_body_too_large", "client.body_too_large"],
  ["request_loop_detected", "gateway.loop_detected"],
  ["required_body_but_no_content_length", "client.bad_request"],
  ["rejected_request_because_of_invalid_host", "client.bad_request"],
  ["serverless_neg_routing_failed", "gateway.no_route"],
  ["ssl_certificate_san_verification_failed", "tls.cert_name_mismatch"],
  ["ssl_certificate_chain_verification_failed", "tls.cert_untrusted"],
  ["throttled_by_security_policy", "client.denied"],
  ["unsupported_method", "client.bad_request"],
  ["unsupported_100_continue", "client.bad_request"],
  ["upgrade_header_rejected", "client.bad_request"],
  ["uri_too_long", "client.uri_too_long"],
  ["websocket_handshake_failed", "head.upgrade_failed"],
]);

/** Those of which there are many. */
function ofFamily(details: string): AnyFaultId | null {
  if (details.startsWith("server_cert_")) return "tls.cert_untrusted";
  if (details.startsWith("byte_range_") || details.startsWith("cache_lookup_failed")) return "body.invalid";
  return details.startsWith("client_cert_") ? "client.tls_handshake_failed" : null;
}
