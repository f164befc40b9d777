import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed, readSyslogTime } from "./log-times.ts";

/** `2026-11-27T14:02:07.123456+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/" … dyno=web.1 … status=503`. */
export function herokuFormats(year: number): readonly LogFormat[] {
  const router: LogFormat = { id: "heroku", name: "log of Heroku's router", program: "heroku", read: (line) => readLine(line, year) };
  return [
    router,
    { id: "heroku-app", name: "application's lines on Heroku", program: "heroku", read: readApp, isLast: true, isWide: () => true },
  ];
}

/** What an application prints may be a gateway's line; where it is not, it tells of no failure. */
function readApp(line: string): LogEvent | null {
  const at = / app\[[\w.]+\]: /.test(line.slice(0, APP_CHARS_MAX)) ? readDashed(line, 0) : null;
  return at === null ? null : logEvent({ at });
}

/** The time and the name of a process. */
const APP_CHARS_MAX = 100;

const HEAD = /^(?:(\S{19,35}) heroku\[[\w.]+\]: |([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ heroku\/\S+: +(?! ))?(.*)$/;

function readLine(line: string, year: number): LogEvent | null {
  if (!line.includes("heroku") && !line.includes("at=")) return null;
  const [, iso, syslog, words = ""] = HEAD.exec(line) ?? [];
  const isRouters = /^(?:sock=\w+ )?at=(?:error|warning|info) /.test(words);
  if (iso === undefined && syslog === undefined && !(isRouters && words.includes(" dyno="))) return null;
  const at = iso === undefined ? (syslog === undefined ? null : readSyslogTime(line, 0, year)) : readDashed(iso, 0);
  if (iso !== undefined && at === null) return null;
  return isRouters ? tellRequest(words, at) : tellDyno(words, at);
}

function tellRequest(words: string, at: number | null): LogEvent {
  const field = (name: string): string | null => new RegExp(`(?:^| )${name}="?([^\\s"]+)`).exec(words)?.[1] ?? null;
  const code = field("code");
  const status = field("status") === null ? null : Number(field("status"));
  const fault = code === null ? (status !== null && status >= 500 ? "relay.origin_5xx" : null) : (CODES[code] ?? OTHER_CODE);
  if (fault === null) return logEvent({ at, status });
  const what = /desc="([^"]*)"/.exec(words)?.[1] ?? `answered ${status}`;
  return logEvent({
    ...{ at, fault, status, client: field("fwd"), method: field("method") },
    backend: field("dyno"),
    target: `${field("host") ?? ""}${field("path") ?? ""}`,
    ms: Number.parseInt(field("service") ?? "", 10) || null,
    words: code === null ? what : `${code}: ${what}`,
  });
}

const OTHER_CODE: AnyFaultId = "answer.503";

/** https://devcenter.heroku.com/articles/error-codes */
const CODES: Readonly<Record<string, AnyFaultId>> = {
  H10: "gateway.no_healthy_backend",
  H11: "gateway.queue_timeout",
  H12: "head.timeout",
  H13: "head.closed",
  H14: "gateway.no_healthy_backend",
  H15: "body.idle_timeout",
  H17: "head.invalid",
  H18: "body.truncated",
  H19: "connect.timeout",
  H20: "gateway.no_healthy_backend",
  H21: "connect.refused",
  H22: "gateway.overloaded",
  H23: "head.upgrade_failed",
  H25: "head.invalid",
  H26: "client.bad_request",
  H27: "client.closed_waiting",
  H28: "client.slow_reader",
  H31: "client.bad_request",
  H80: "gateway.local_response",
  H81: "gateway.no_healthy_backend",
  H82: "gateway.local_response",
};

/** What the platform says of a dyno; of what the application prints, nothing. */
function tellDyno(words: string, at: number | null): LogEvent {
  const isFailure =
    /^(?:State changed from \w+ to crashed|Error R\d\d |Process exited with status (?!0\b|143\b)|Stopping process with SIGKILL)/.test(
      words,
    );
  return logEvent(isFailure ? { at, fault: "origin.app_stderr", words } : { at });
}
