import { type ApacheRule, CODED, WORDED } from "./apache-rules.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readCtime, readDashed } from "./log-times.ts";
import { ToldThreads } from "./told-threads.ts";
import { hostOf } from "./url-host.ts";

/**
 * `[Fri Nov 27 14:02:07.123456 2026] [proxy:error] [pid 12:tid 34] (111)Connection refused: [client …] AH00957: http: attempt to connect …`:
 * Apache's error log. One failure is two or three lines of one thread: the first says most, and what only follows from it counts as nothing.
 */
export function apacheFormats(): LogFormat[] {
  const threads = new ToldThreads();
  return [{ id: "apache-error", name: "Apache error log", program: "apache", read: (line) => readError(line, threads) }];
}

/** Time, module, level and thread; syslog has the time in front, and what is said at the start has none. */
const HEAD =
  /^(?:\[([^\]]{19,40})\] )?\[(?:([\w-]*):)?(emerg|alert|crit|error|warn|notice|info|debug|trace\d)\] (?:\[pid (\d+(?::tid \d+)?)\] )?/;
/** What is said before a log is open: `AH00558: apache2: …`, `(98)Address already in use: AH00072: make_sock: …`. */
const UNHEADED = /^(?:\(\d+\)[^:]{1,80}: )?AH\d{5}: /;
const SOURCE_FILE = /^[\w.]+\.c\(\d+\): /;
const PEER = /^\[(client|remote) ([^\]]+)\] /;
const ERRNO = /^\((EAI |OS )?(\d+)\).{1,100}?: (?=\[(?:client|remote) |AH\d{5}: |proxy: )/;
const CODE = /^AH(\d{5}): /;
const REFERER = /, referer: \S*$/;
const QUIET_LEVELS: ReadonlySet<string> = new Set(["notice", "info", "debug"]);

function readError(line: string, threads: ToldThreads): LogEvent | null {
  const [head = "", time, module, level = "error", thread = null] = line.startsWith("[") ? (HEAD.exec(line) ?? []) : [];
  // `[error]` alone is anybody's.
  if (head === "" ? !UNHEADED.test(line) : time === undefined && thread === null) return null;
  const at = time === undefined ? null : (readCtime(time, 0) ?? readDashed(time, 0));
  if (time !== undefined && at === null) return null;
  const said = readMessage(line.slice(head.length));
  const rule = ruleFor(said);
  if (rule === null) return logEvent({ at, words: isQuiet(level, module, head) ? "" : said.words });
  if (rule.follows === true && threads.hasTold(thread, at)) return logEvent({ at });
  if (rule.fault === null) return logEvent({ at });
  threads.tell(thread, at);
  const { client, text, words } = said;
  return logEvent({
    at,
    fault: rule.fault,
    client,
    words,
    backend: backendOf(said),
    target: /\breturned by (\S+)/.exec(text)?.[1] ?? null,
  });
}

/** mod_wsgi writes what the application prints line by line: that it failed is in the first. */
function isQuiet(level: string, module: string | undefined, head: string): boolean {
  return QUIET_LEVELS.has(level) || level.startsWith("trace") || module === "wsgi" || head === "";
}

interface Said {
  /** Five digits; null: the module has none. */
  readonly code: string | null;
  readonly errno: string | null;
  readonly client: string | null;
  /** Of the other side of a connection that Apache opened. */
  readonly remote: string | null;
  readonly text: string;
  /** All of it, for people. */
  readonly words: string;
}

function readMessage(message: string): Said {
  let rest = message.slice(SOURCE_FILE.exec(message)?.[0].length ?? 0);
  const found: { errno: string | null; client: string | null; remote: string | null; spoken: string } = {
    errno: null,
    client: null,
    remote: null,
    spoken: "",
  };
  // The system's error stands before or behind the peer.
  for (let place = 0; place < 3; place++) {
    const [peer = "", side, address = ""] = PEER.exec(rest) ?? [];
    if (side === "client") found.client = withoutPort(address);
    if (side === "remote") found.remote = address;
    rest = rest.slice(peer.length);
    const [errno = "", isDns = "", number = ""] = rest.startsWith("(") ? (ERRNO.exec(rest) ?? []) : [];
    if (errno !== "") [found.errno, found.spoken] = [`${isDns}${number}`, errno];
    rest = rest.slice(errno.length);
    if (peer === "" && errno === "") break;
  }
  rest = rest.replace(REFERER, "");
  const [mark = "", code = null] = CODE.exec(rest) ?? [];
  const { spoken, ...more } = found;
  return { ...more, code, text: rest.slice(mark.length), words: spoken + rest };
}

function withoutPort(address: string): string {
  return address.replace(/:\d+$/, "");
}

function ruleFor({ code, errno, remote, text }: Said): ApacheRule | null {
  const rules = code === null ? WORDED : (CODED[code] ?? []);
  return rules.find((rule) => isMet(rule, errno ?? "", remote !== null, text)) ?? null;
}

function isMet({ errnos, words, ofBackend }: ApacheRule, errno: string, isRemote: boolean, text: string): boolean {
  if (errnos !== undefined && !errnos.includes(errno)) return false;
  return (ofBackend === undefined || ofBackend === isRemote) && (words === undefined || words.test(text));
}

const CONNECT = /attempt to connect to (\S+) \(([^)\s]+)\)/;
const SOCKET = /Unix domain socket (\S+)/;
const WORKER = /(?:worker|connection) (?:for )?\(([^()]+)\)/;
const BALANCER = /(balancer:\/\/[^:\s]+)/;
/** `to 10.0.0.2:8080 (app.internal)`, and `remote server app.internal:8080`. */
const SENT = /\b(?:failed to|remote server|from) (\S+:\d+)(?: \(([^)\s]+)\))?/;
const MADE = /connection to backend: (\S+)/;
const LOOKUP = /DNS lookup failure for: (\S+)/;

/** By its name and port where the line has them: as the next lines name it. */
function backendOf({ text, remote }: Said): string | null {
  const [, address = "", name = ""] = CONNECT.exec(text) ?? [];
  if (address !== "") return name.includes(":") ? name : address;
  const [, sent = "", host = ""] = SENT.exec(text) ?? [];
  if (sent !== "") return host === "" ? sent : host + sent.slice(sent.lastIndexOf(":"));
  const socket = SOCKET.exec(text)?.[1];
  if (socket !== undefined) return `unix:${socket}`;
  const worker = WORKER.exec(text)?.[1];
  return worker === undefined ? (LOOKUP.exec(text)?.[1] ?? BALANCER.exec(text)?.[1] ?? MADE.exec(text)?.[1] ?? remote) : hostOf(worker);
}
