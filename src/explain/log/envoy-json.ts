import { tellEnd } from "./envoy.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";

/** A JSON object a line with Envoy's operators under the names that Istio, Envoy Gateway and Contour give them. */
export const ENVOY_JSON: LogFormat = { id: "envoy-json", name: "Envoy access log (JSON)", program: "envoy", read: readJson };

function readJson(line: string): LogEvent | null {
  if (!line.includes('"response_flags')) return null;
  const quiet = readQuiet(line);
  if (quiet !== null) return quiet;
  const value = parseJson(line);
  const code = readNumber(value, "response_code", "status_code", "status");
  if (value === null || (code === null && readField(value, "start_time") === null)) return null;
  const time = readField(value, "start_time", "@timestamp", "timestamp", "time");
  const at = time === null ? null : readDashed(time, 0);
  const flags = readField(value, "response_flags", "response_flags_long") ?? "-";
  // A connection that is not read as HTTP has no method.
  const method = readField(value, "method");
  const status = method === null && (code === null || code === 0) ? null : code;
  if (flags === "-" && (code === null || code < 400)) return logEvent({ at, status });
  const theirs = readNumber(value, "upstream_service_time", "x-envoy-upstream-service-time", "upstream_duration");
  const end = {
    status,
    flags,
    details: readField(value, "response_code_details", "details") ?? "",
    transport: readField(value, "upstream_transport_failure_reason", "upstream_failure_reason", "upstream_failure") ?? "",
    wasAnswered: theirs !== null,
  };
  return tellEnd(end, {
    at,
    ms: readNumber(value, "duration", "duration_ms"),
    method,
    path: readField(value, "path", "x-envoy-origin-path", "uri_path") ?? "",
    authority: readField(value, "authority", ":authority", "requested_server_name") ?? "",
    backend: readField(value, "upstream_host", "upstream_service") ?? "",
    cluster: readField(value, "upstream_cluster", "upstream_cluster_raw") ?? "",
    client:
      readField(value, "x_forwarded_for", "x-forwarded-for", "forwarded_for")?.split(",", 1)[0] ??
      readField(value, "downstream_remote_address", "downstream_remote", "remote_addr") ??
      "",
  });
}

/** Most lines tell of nothing. */
function readQuiet(line: string): LogEvent | null {
  const code = Number(peekField(line, "response_code") ?? "x");
  if (!(code >= 100 && code < 400) || peekField(line, "response_flags") !== "-") return null;
  const time = peekField(line, "start_time");
  return time === null ? null : logEvent({ at: readDashed(time, 0), status: code });
}
