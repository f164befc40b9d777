import { inOrder } from "./in-order.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { faultOfWords, type WordRules } from "./word-rules.ts";

/** `[   103.521s]  WARN ThreadId(01) outbound:proxy{addr=10.0.0.1:80}: linkerd_reconnect: Failed to connect error=endpoint 10.0.0.9:8080: …`. */
export const LINKERD: LogFormat = { id: "linkerd", name: "log of Linkerd's proxy", program: "linkerd", read: readLine };

const LINE = /^\[ *\d+\.\d+s\] +(TRACE|DEBUG|INFO|WARN|ERROR) ThreadId\(\d+\) (.*)$/;
const ENDPOINT = /\bendpoint (\S+?): |\bendpoint\{(?:[^{}]* )?addr=([^}\s]+)/;

/** Its times count from its own start: whatever brings the lines here has others. */
function readLine(line: string): LogEvent | null {
  const [, level, words = ""] = line.startsWith("[") ? (LINE.exec(line) ?? []) : [];
  if (level === undefined) return null;
  if (level !== "WARN" && level !== "ERROR" && !words.includes("request failed")) return logEvent({});
  const [, named, spanned] = ENDPOINT.exec(words) ?? [];
  const said = words.slice(Math.max(0, words.search(/\blinkerd\w{0,80}(?:::\w{1,80}){0,8}: /)));
  return logEvent({ fault: faultOfWords(RULES, words), backend: named ?? spanned ?? null, words: said });
}

/** The first that matches counts. */
const RULES: WordRules = [
  ["connect.refused", /Connection refused/],
  ["connect.timeout", /connect timed out|connection timed out/i],
  ["connect.host_unreachable", /No route to host/],
  ["gateway.queue_timeout", /buffered service failed|fail-?fast/i],
  ["gateway.queue_timeout", inOrder(/load balancer/i, /stopped/)],
  ["gateway.no_healthy_backend", /service unavailable|service in fail-fast|no endpoints/i],
  ["head.timeout", /deadline/i],
  ["head.timeout", inOrder(/response|request|HTTP logical service/i, /timed out/)],
  ["tls.handshake_timeout", /TLS detection timed out|handshake timed out/i],
  ["client.denied", /unauthorized (?:connection|request)|not authorized/i],
  ["head.closed", /connection closed before message completed|unexpected end of file/],
  ["head.reset", /Connection reset by peer/],
];
