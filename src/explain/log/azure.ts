import { faultOfBackendStatus, faultOfStatus, refine } from "./access.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/** `{"category":"ApplicationGatewayAccessLog","properties":{"httpStatus":502,"error_info":"ERRORINFO_UPSTREAM_NO_LIVE",…},…}`. */
export const AZURE_GATEWAY: LogFormat = {
  id: "azure-appgw",
  name: "Azure Application Gateway access log",
  program: "azure",
  read: readGateway,
};

/** `{"category":"FrontDoorAccessLog","properties":{"httpStatusCode":"504","errorInfo":"OriginTimeout",…},…}`. */
export const AZURE_FRONT_DOOR: LogFormat = {
  id: "azure-frontdoor",
  name: "Azure Front Door access log",
  program: "azure",
  read: readFrontDoor,
};

type Fields = Readonly<Record<string, unknown>>;

/** The properties of a record, or of a row of Log Analytics, which has them beside the rest; null: it is no such record. */
function readRecord(line: string): { readonly at: number | null; readonly record: Fields; readonly fields: Fields } | null {
  const value = parseJson(line);
  if (value === null) return null;
  const inner = Object.hasOwn(value, "properties") ? value["properties"] : value;
  if (typeof inner !== "object" || inner === null) return null;
  const time = readField(value, "timeStamp", "time", "TimeGenerated") ?? "";
  return { at: readDashed(time, 0), record: value, fields: inner as Fields };
}

function isOf(line: string, name: string): boolean {
  return line.startsWith("{") && line.includes(name);
}

/** Nothing failed: most lines are not read any further. */
function quickly(line: string, statusName: string): LogEvent | null {
  const status = Number(peekField(line, statusName) ?? "x");
  const time = peekField(line, "timeStamp") ?? peekField(line, "time") ?? "";
  return status >= 100 && status < 400 ? logEvent({ at: readDashed(time, 0), status }) : null;
}

function readGateway(line: string): LogEvent | null {
  if (!isOf(line, "ApplicationGatewayAccess")) return null;
  const quick = quickly(line, "httpStatus");
  if (quick !== null) return quick;
  const read = readRecord(line);
  const status = read === null ? null : readNumber(read.fields, "httpStatus", "httpStatus_d");
  if (read === null || status === null) return null;
  const { at, record, fields } = read;
  const info = readField(fields, "error_info", "error_info_s") ?? "";
  const fault = GATEWAY_ERRORS[info] ?? ofGatewayStatus(status, fields, info);
  if (fault === null) return logEvent({ at, status });
  const method = readField(fields, "httpMethod", "httpMethod_s");
  const host = readField(fields, "originalHost", "originalHost_s", "host", "host_s") ?? "";
  const target = host + (readField(fields, "originalRequestUriWithArgs", "requestUri", "requestUri_s") ?? "");
  const seconds = readNumber(fields, "timeTaken", "timeTaken_d");
  return logEvent({
    ...{ at, fault, status, method, target, client: readField(fields, "clientIP", "clientIP_s") },
    backend: readField(fields, "serverRouted", "serverRouted_s") ?? readField(record, "backendPoolName", "backendPoolName_s"),
    // Version 1, whose server stands in the query, has milliseconds.
    ms: seconds === null ? null : info === "" ? seconds : seconds * 1000,
    words: `${status}${info === "" ? "" : `, ${info}`}: ${method ?? ""} ${target}`,
  });
}

function ofGatewayStatus(status: number, fields: Fields, info: string): AnyFaultId | null {
  const backendStatus = readNumber(fields, "serverStatus", "serverStatus_s");
  // Where it names no error of its own, the status is the backend's.
  if (info === NO_ERROR && backendStatus === status) return faultOfBackendStatus(status);
  const fault = faultOfStatus(status);
  return fault === null ? null : refine(fault, { backend: null, ms: null, connected: null, headed: null, backendStatus });
}

const NO_ERROR = "ERRORINFO_NO_ERROR";

/** https://learn.microsoft.com/azure/application-gateway/monitor-application-gateway-reference */
const GATEWAY_ERRORS: Readonly<Record<string, AnyFaultId>> = {
  ERRORINFO_UPSTREAM_NO_LIVE: "gateway.no_healthy_backend",
  ERRORINFO_NO_HEALTHY_BACKEND: "gateway.no_healthy_backend",
  ERRORINFO_UPSTREAM_CLOSED_CONNECTION: "head.closed",
  ERRORINFO_UPSTREAM_TIMED_OUT: "head.timeout",
  ERRORINFO_CLIENT_CLOSED_REQUEST: "client.closed_waiting",
  ERRORINFO_CLIENT_TIMED_OUT: "client.request_timeout",
  ERRORINFO_INVALID_METHOD: "client.bad_request",
  ERRORINFO_INVALID_REQUEST: "client.bad_request",
  ERRORINFO_INVALID_VERSION: "client.bad_request",
  ERRORINFO_INVALID_09_METHOD: "client.bad_request",
  ERRORINFO_INVALID_HOST: "client.bad_request",
  ERRORINFO_INVALID_CONTENT_LENGTH: "client.bad_request",
  ERRORINFO_INVALID_METHOD_TRACE: "client.bad_request",
  ERRORINFO_INVALID_HEADER: "client.bad_request",
  ERRORINFO_REQUEST_URI_INVALID: "client.bad_request",
  ERRORINFO_HTTP_NO_HOST_HEADER: "client.bad_request",
  ERRORINFO_HTTP_TO_HTTPS_PORT: "client.bad_request",
  ERRORINFO_HTTPS_NO_CERT: "client.tls_handshake_failed",
};

function readFrontDoor(line: string): LogEvent | null {
  if (!isOf(line, 'oorAccessLog"') && !isOf(line, '"AzureCdnAccessLog"')) return null;
  const quick = quickly(line, "httpStatusCode");
  if (quick !== null) return quick;
  const read = readRecord(line);
  const status = read === null ? null : readNumber(read.fields, "httpStatusCode", "httpStatusCode_s");
  if (read === null || status === null) return null;
  const { at, fields } = read;
  const info = readField(fields, "errorInfo", "ErrorInfo", "errorInfo_s", "ErrorInfo_s") ?? "NoError";
  const fault = DOOR_ERRORS[info] ?? (info === "NoError" ? (status >= 500 ? "relay.origin_5xx" : null) : faultOfStatus(status));
  if (fault === null) return logEvent({ at, status });
  const method = readField(fields, "httpMethod", "httpMethod_s");
  const target = readField(fields, "requestUri", "requestUri_s")?.replace(/^\w+:\/\//, "") ?? null;
  const seconds = readNumber(fields, "timeTaken", "timeTaken_s");
  return logEvent({
    ...{ at, fault, status, method, target, client: readField(fields, "clientIp", "clientIP_s", "clientIp_s") },
    backend: readField(fields, "originName", "originIp") ?? hostOf(readField(fields, "originUrl")),
    ms: seconds === null ? null : seconds * 1000,
    words: `${status}, ${info}: ${method ?? ""} ${target ?? ""}`,
  });
}

/** https://learn.microsoft.com/azure/frontdoor/monitor-front-door */
const DOOR_ERRORS: Readonly<Record<string, AnyFaultId>> = {
  CertificateError: "tls.cert_untrusted",
  CertificateNameCheckFailed: "tls.cert_name_mismatch",
  SSLMismatchedSNI: "tls.cert_name_mismatch",
  SSLInvalidRootCA: "tls.cert_untrusted",
  SSLHandshakeError: "tls.handshake_failed",
  SSLInvalidCipher: "tls.version_or_cipher",
  ClientDisconnected: "client.closed_waiting",
  ClientGeoBlocked: "client.denied",
  RestrictedIP: "client.denied",
  UnspecifiedClientError: "client.bad_request",
  InvalidRequest: "client.bad_request",
  DNSFailure: "dns.error",
  DNSTimeout: "dns.timeout",
  DNSNameNotResolved: "dns.nxdomain",
  OriginConnectionAborted: "head.reset",
  OriginConnectionError: "connect.failed",
  OriginConnectionRefused: "connect.refused",
  OriginError: "head.invalid",
  OriginInvalidResponse: "head.invalid",
  OriginTimeout: "head.timeout",
  ResponseHeaderTooBig: "head.too_large",
};
