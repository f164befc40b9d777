import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/**
 * What Envoy says of itself, `[2026-11-27 14:02:07.123][12][warning][config] [source/…:148] words`, and Istio's agent and proxy,
 * `2026-11-27T14:02:07.123456Z	warning	envoy config …	words`.
 */
export const ENVOY_NOTES: LogFormat = { id: "envoy-notes", name: "Envoy's own log", program: "envoy", read: readNote };

const ENVOY = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\]\[\d+\]\[(\w+)\]\[[\w. -]+\] /;
const ISTIO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z\t(trace|debug|info|warn|warning|error|critical|fatal)\t/;
const LOUD: ReadonlySet<string> = new Set(["warn", "warning", "error", "critical", "fatal"]);

function readNote(line: string): LogEvent | null {
  const isEnvoy = line.charCodeAt(0) === BRACKET;
  if (line.charCodeAt(isEnvoy ? 11 : 10) !== (isEnvoy ? SPACE : LETTER_T)) return null;
  const [head, level = ""] = (isEnvoy ? ENVOY : ISTIO).exec(line) ?? [];
  const at = head === undefined ? null : readDashed(line, isEnvoy ? 1 : 0);
  if (head === undefined || at === null) return null;
  if (!LOUD.has(level)) return logEvent({ at });
  const words = line.slice(head.length);
  const fault = faultOfWords(RULES, words);
  const [, backend = null] = /\bdst\.hbone_addr=(\S+)/.exec(words) ?? /\bdst\.addr=(\S+)/.exec(words) ?? [];
  return logEvent({ at, fault, words, backend });
}

const BRACKET = 0x5b;
const SPACE = 0x20;
const LETTER_T = 0x54;

const RULES: WordRules = [
  // Istio's ztunnel tells of connections so.
  ["connect.refused", /\berror="[^"]*Connection refused/],
  ["connect.timeout", /\berror="connection timed out/],
  ["connect.host_unreachable", /\berror="[^"]*No route to host/],
  ["client.denied", /\berror="[^"]*(?:policy rejection|connection closed due to policy)/],
  ["gateway.no_healthy_backend", /\berror="[^"]*(?:no healthy (?:upstream|endpoints)|no valid (?:destination|local) )/],
  ["tls.handshake_failed", /\berror="[^"]*(?:tls|certificate|handshake)/i],
  ["body.reset", /\berror="[^"]*(?:Connection reset|io error|hbone|h2 failed)/],
  ["gateway.config_error", /\brejected: |Error adding\/updating/],
  ["gateway.fd_exhausted", /Too many open files/i],
  ["gateway.helper_failed", /initial fetch timed out for \S*Secret|Secret is not supplied by SDS/],
];
