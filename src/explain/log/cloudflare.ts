import { faultOfBackendStatus, faultOfStatus } from "./access.ts";
import { parseJson, peekField, readField, readNumber } from "./json-line.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readEpochOfAnyUnit } from "./log-times.ts";

/** `{"ClientRequestHost":"site.example","EdgeResponseStatus":522,"OriginResponseStatus":0,…}`, requests as Cloudflare's Logpush has them. */
export const CLOUDFLARE: LogFormat = { id: "cloudflare", name: "Cloudflare log of requests", program: "cloudflare", read: readRequest };

function readRequest(line: string): LogEvent | null {
  if (!line.startsWith("{") || !line.includes('"EdgeResponseStatus"')) return null;
  const at = timeOf(peekField(line, "EdgeStartTimestamp") ?? "");
  const quick = Number(peekField(line, "EdgeResponseStatus") ?? "x");
  if (quick >= 100 && quick < 400) return logEvent({ at, status: quick });
  const value = parseJson(line);
  const status = readNumber(value, "EdgeResponseStatus");
  if (value === null || status === null) return null;
  const origin = readNumber(value, "OriginResponseStatus") ?? 0;
  const action = readField(value, "SecurityAction", "WAFAction", "FirewallMatchesActions") ?? "";
  const fault = faultOf(status, origin, action);
  if (fault === null) return logEvent({ at, status });
  const method = readField(value, "ClientRequestMethod");
  const target = `${readField(value, "ClientRequestHost") ?? ""}${readField(value, "ClientRequestURI", "ClientRequestPath") ?? ""}`;
  const words = `${status}, the origin ${origin === 0 ? "gave no answer" : `answered ${origin}`}: ${method ?? ""} ${target}`;
  const ms = readNumber(value, "OriginResponseDurationMs");
  return logEvent({
    ...{ at, fault, status, method, target, words, ms },
    client: readField(value, "ClientIP"),
    backend: readField(value, "OriginIP"),
  });
}

/** RFC 3339, or seconds, or nanoseconds since 1970. */
function timeOf(text: string): number | null {
  const number = Number(text);
  return Number.isFinite(number) && text !== "" ? readEpochOfAnyUnit(number) : readDashed(text, 0);
}

/** A status that the origin had too is the origin's own. */
function faultOf(status: number, origin: number, action: string): AnyFaultId | null {
  if (/block|drop|challenge/i.test(action) && status < 500) return "client.denied";
  const own = OWN[status];
  if (own !== undefined) return own;
  if (origin === status) return faultOfBackendStatus(status);
  return faultOfStatus(status);
}

/** https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ */
const OWN: Readonly<Record<number, AnyFaultId>> = {
  520: "head.closed",
  521: "connect.refused",
  522: "connect.timeout",
  523: "connect.host_unreachable",
  524: "head.timeout",
  525: "tls.handshake_failed",
  526: "tls.cert_untrusted",
  530: "dns.error",
};
