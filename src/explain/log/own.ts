import { isCulprit, isFault } from "../../blame/own-words.ts";
import { BENCHED_BY_OPERATOR } from "../../core/event.ts";
import type { Culprit } from "../../core/fault.ts";
import { parseJson, readField, readNumber } from "./json-line.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { hostOf } from "./url-host.ts";

/** Our own lines in text: `2026-01-02T12:03:44Z failed 502 GET http://shop.example/cart connect.refused exit de-7 "refused after 3 ms" …`. */
export const OWN_TEXT: LogFormat = { id: "goodgateway-text", name: "goodgateway log", program: "goodgateway", read: readText };

/** Our own lines in JSON: the record of an exchange, or an event. */
export const OWN_JSON: LogFormat = { id: "goodgateway-json", name: "goodgateway log (JSON)", program: "goodgateway", read: readJson };

const TEXT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z (failed|rescued|relayed|aborted|ok|exit|target|operator|verdict|config|warning:) /;
const EXCHANGE = /^(\w+) (\d{3}|-) (\S+) (\S+)(?: ([a-z]+\.[a-z0-9_]+) ([a-z]+)(?: (\S+))?)?/;
const DURATION = / (\d+(?:\.\d+)?)(ms|s|min|h) for (\S+) \S+$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** What `serve` says as it starts, which has no time. */
const STARTUP = /^(?:goodgateway listens on \S+ | {2}(?:try it {4}curl|use it {4}export|watch it {2}curl) )/;

function readText(line: string): LogEvent | null {
  if (STARTUP.test(line)) return logEvent({ at: null });
  const kind = line.charCodeAt(10) === 0x54 ? TEXT.exec(line)?.[1] : undefined;
  const at = kind === undefined ? null : readDashed(line, 0);
  if (kind === undefined || at === null) return null;
  const words = line.slice(line.indexOf("Z ") + 2);
  if (kind === "exit" && / benched for /.test(words) && !words.endsWith(BENCHED_BY_OPERATOR))
    return logEvent({ at, fault: "gateway.backend_ejected", culprit: "exit", backend: words.split(" ", 2)[1] ?? null, words });
  if (kind === "target" && / is not asked for /.test(words))
    return logEvent({ at, fault: "gateway.backend_ejected", backend: words.split(" ", 2)[1] ?? null, words });
  if (kind === "warning:" || words.startsWith("config refused")) return logEvent({ at, words });
  const found = EXCHANGE.exec(words);
  const [, outcome, status, method = null, target = null, fault, named, exit] = found ?? [];
  // A rescued exchange cost time and failed nobody.
  if (found === null || fault === undefined || !isFault(fault) || outcome === "rescued") return logEvent({ at });
  const [, count, unit = "ms", client = null] = DURATION.exec(words) ?? [];
  const ms = count === undefined ? null : Number(count) * (UNIT_MS[unit] ?? 1);
  const backend = exit === undefined || exit.startsWith('"') || exit.startsWith("(") ? hostOf(target) : exit;
  const culprit = readCulprit(named);
  return logEvent({ at, fault, culprit, status: status === "-" ? null : Number(status), method, target, client, ms, backend, words });
}

function readJson(line: string): LogEvent | null {
  const value = line.includes('"at":') ? parseJson(line) : null;
  const time = readField(value, "at");
  const at = time === null ? null : readDashed(time, 0);
  if (value === null || at === null) return null;
  if (readField(value, "event") !== null) return readEvent(value, at);
  const verdict = value["verdict"] as Readonly<Record<string, unknown>> | null | undefined;
  if (verdict === undefined || !Array.isArray(value["attempts"])) return null;
  const fault = readField(verdict, "fault");
  if (fault === null || !isFault(fault) || readField(value, "outcome") === "rescued") return logEvent({ at });
  const culprit = readCulprit(readField(verdict, "culprit"));
  const guilty = (value["attempts"] as readonly Readonly<Record<string, unknown>>[]).findLast((one) => readField(one, "fault") === fault);
  const target = readField(value, "target");
  const exit = culprit === "exit" ? readField(guilty, "exit") : null;
  const evidence = verdict?.["evidence"];
  const client = value["client"] as Readonly<Record<string, unknown>> | undefined;
  return logEvent({
    at,
    fault,
    culprit,
    target,
    backend: exit ?? hostOf(target),
    status: readNumber(value, "status"),
    method: readField(value, "method"),
    client: readField(client, "address"),
    ms: readNumber(value, "ms"),
    words: `${fault}, culprit ${culprit}: ${Array.isArray(evidence) ? evidence.join("; ") : ""}`,
  });
}

/** Events are told apart by what they say: nothing else is benched, and only a circuit opens. */
function readEvent(value: Readonly<Record<string, unknown>>, at: number): LogEvent {
  const to = readField(value, "to");
  const reason = readField(value, "reason");
  if (to === "benched" && reason !== BENCHED_BY_OPERATOR) {
    const backend = readField(value, "exit");
    return logEvent({ at, fault: "gateway.backend_ejected", culprit: "exit", backend, words: `exit ${backend} benched: ${reason}` });
  }
  if (to === "open") {
    const backend = readField(value, "target");
    return logEvent({ at, fault: "gateway.backend_ejected", backend, words: `target ${backend} not asked: ${reason}` });
  }
  // What only warns: a message, or why a config was refused.
  return logEvent({ at, words: readField(value, "message") ?? (to === null ? reason : null) ?? "" });
}

function readCulprit(text: string | null | undefined): Culprit | null {
  return isCulprit(text) ? text : null;
}
