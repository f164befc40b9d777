import { backendOfGoError, faultOfGoError } from "./go-errors.ts";
import { parseJson, readField } from "./json-line.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/**
 * What Cloudflare's tunnel says of requests that it could not pass on: `2026-11-27T14:02:07Z ERR Request failed error="Unable to reach the
 * origin service. … dial tcp 10.0.0.2:80: connect: connection refused" originService=http://10.0.0.2:80`, and the same in JSON.
 */
export const CLOUDFLARED: LogFormat = { id: "cloudflared", name: "cloudflared log", program: "cloudflared", read: readLine };

/** A line with fields that cloudflared alone writes. */
export function isCloudflared(line: string): boolean {
  return line.includes("originService") || line.includes("connIndex") || line.includes("from cloudflared");
}

const TEXT = /^(?:(\d{4}-\d\d-\d\dT\S+) )?(TRC|DBG|INF|WRN|ERR|FTL) (.*)$/;
const FIELD_ERROR = /\berror="((?:[^"\\]|\\.)*)"/;
const FIELD_SERVICE = /\boriginService=(\S+)/;
const FIELD_DEST = /\bdest=(\S+)/;

function readLine(line: string): LogEvent | null {
  if (!isCloudflared(line)) return null;
  const value = parseJson(line);
  if (value !== null) {
    const error = readField(value, "error") ?? "";
    const level = readField(value, "level") === "error" ? "ERR" : "";
    return tell({
      time: readField(value, "time"),
      level,
      error,
      service: readField(value, "originService"),
      dest: readField(value, "dest"),
    });
  }
  const [, time = null, level, words = ""] = TEXT.exec(line) ?? [];
  if (level === undefined) return null;
  const error = FIELD_ERROR.exec(words)?.[1] ?? "";
  return tell({ time, level, error, service: FIELD_SERVICE.exec(words)?.[1] ?? null, dest: FIELD_DEST.exec(words)?.[1] ?? null });
}

interface Told {
  readonly time: string | null;
  readonly level: string;
  readonly error: string;
  readonly service: string | null;
  readonly dest: string | null;
}

const PREFIX = /^Unable to reach the origin service\. The service may be down or it may not be responding to traffic from cloudflared: /;

function tell({ time, level, error, service, dest }: Told): LogEvent {
  const at = time === null ? null : readDashed(time, 0);
  if (level !== "ERR" && level !== "FTL") return logEvent({ at });
  const words = error.replace(PREFIX, "");
  const isOfRequest = words !== error || service !== null || dest !== null;
  const fault = isOfRequest ? faultOfGoError(words) : null;
  if (fault === null) return logEvent({ at, words });
  return logEvent({ at, fault, backend: backendOfGoError(words) ?? hostOf(service), target: dest, words });
}
