import { detach } from "./line-cutter.ts";
import { type AnyFaultId, type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readEpoch } from "./log-times.ts";
import { faultOfFetch, faultOfFormat, faultOfProbe } from "./varnish-rules.ts";

/**
 * varnishlog, in groups (`--  FetchError     backend app: fail errno 111 (Connection refused)`) and raw
 * (`32771 FetchError     b backend app: …`), and what Varnish says of itself. varnishncsa writes the common format.
 */
export function varnishFormats(): LogFormat[] {
  const log = new VarnishLog();
  return [
    { id: "varnish-log", name: "varnishlog", program: "varnish", read: (line) => log.read(line) },
    { id: "varnish-notes", name: "Varnish notices", program: "varnish", read: readNote },
  ];
}

/** Words that begin a line; there are more, but these tell a log of Varnish from all others. */
const TAGS: ReadonlySet<string> = new Set(
  (
    "Debug Error CLI SessOpen SessClose BackendOpen BackendClose BackendReuse BackendStart Length FetchError " +
    "ReqMethod ReqURL ReqProtocol ReqStatus ReqReason ReqHeader ReqUnset ReqLost RespMethod RespURL RespProtocol RespStatus RespReason " +
    "RespHeader RespUnset RespLost BereqMethod BereqURL BereqProtocol BereqStatus BereqReason BereqHeader BereqUnset BereqLost " +
    "BerespMethod BerespURL BerespProtocol BerespStatus BerespReason BerespHeader BerespUnset BerespLost ObjProtocol ObjStatus ObjReason " +
    "ObjHeader ObjUnset BogoHeader LostHeader TTL Fetch_Body VCL_acl VCL_call VCL_trace VCL_return ReqStart Hit HitPass HitMiss ExpBan ExpKill " +
    "WorkThread ESI_xmlerror Hash Backend_health VCL_Log VCL_Error Gzip Link Begin End VSL Storage Timestamp ReqAcct PipeAcct BereqAcct VfpAcct " +
    "Witness H2RxHdr H2RxBody H2TxHdr H2TxBody HttpGarbage Proxy ProxyGarbage VCL_use Filters SessError VdpAcct Notice"
  ).split(" "),
);

const GROUPED = /^[*-]{1,9} +(?:<< (\w+) +>> \d+ *|([A-Z]\w+)(?: +(\S.*)?)?)$/;
const RAW = /^ {0,14}(\d+) ([A-Z]\w+) +([bc-])(?: (.*))?$/;

/** One request of a client's, or one to a backend. */
interface Transaction {
  readonly isBackends: boolean;
  at: number | null;
  backend: string | null;
  method: string | null;
  host: string;
  url: string | null;
  client: string | null;
  /** Why its fields were not taken. */
  bogus: string | null;
  /** Its answer was no HTTP; a status that is told before the reason is Varnish's own. */
  isGarbage: boolean;
  isTold: boolean;
  isSynthetic: boolean;
}

function begin(isBackends: boolean): Transaction {
  const nothing = { at: null, backend: null, method: null, host: "", url: null, client: null, bogus: null };
  return { isBackends, ...nothing, isGarbage: false, isTold: false, isSynthetic: false };
}

class VarnishLog {
  #grouped: Transaction = begin(false);
  /** Raw lines of many of them are mixed. */
  readonly #raw = new Map<string, Transaction>();

  read(line: string): LogEvent | null {
    const first = line.charCodeAt(0);
    if (first === STAR || first === DASH) return this.#readGrouped(line);
    return first === SPACE || (first >= 0x30 && first <= 0x39) ? this.#readRaw(line) : null;
  }

  #readGrouped(line: string): LogEvent | null {
    const [whole, kind, tag = "", value = ""] = GROUPED.exec(line) ?? [];
    if (whole === undefined || (kind === undefined && !TAGS.has(tag))) return null;
    if (kind === undefined) return readTag(this.#grouped, tag, value);
    this.#grouped = begin(kind === "BeReq");
    return logEvent({});
  }

  #readRaw(line: string): LogEvent | null {
    const [, id = "", tag = "", side, value = ""] = RAW.exec(line) ?? [];
    if (!TAGS.has(tag)) return null;
    const transaction = this.#raw.get(id) ?? begin(side === "b");
    if (tag === "End") this.#raw.delete(id);
    else if (tag === "Begin") {
      if (this.#raw.size >= TRANSACTIONS_MAX) this.#raw.clear();
      this.#raw.set(detach(id), transaction);
    }
    return readTag(transaction, tag, value);
  }
}

const STAR = 0x2a;
const DASH = 0x2d;
const SPACE = 0x20;
const TRANSACTIONS_MAX = 2000;

/** A line of a transaction: most only say what later ones are about. */
function readTag(of: Transaction, tag: string, value: string): LogEvent {
  switch (tag) {
    case "Timestamp":
      of.at = readEpoch(Number(value.split(" ", 2)[1])) ?? of.at;
      return logEvent({ at: of.at });
    case "BereqURL":
    case "ReqURL":
      of.url = detach(value);
      return logEvent({});
    case "BereqMethod":
    case "ReqMethod":
      of.method = detach(value);
      return logEvent({});
    case "BereqHeader":
    case "ReqHeader":
      if (/^host: /i.test(value)) of.host = detach(value.slice(6));
      return logEvent({});
    case "ReqStart":
      of.client = detach(value.split(" ", 1)[0] ?? "");
      return logEvent({});
    case "BackendOpen":
    case "BackendReuse":
      // 7.1 has the backend's name, older ones that of its VCL in front.
      of.backend = detach((value.split(" ", 2)[1] ?? "").replace(/^boot\./, ""));
      return logEvent({});
    case "BogoHeader":
      of.bogus = detach(value);
      return logEvent({});
    case "VCL_return":
      if (value === "synth") of.isSynthetic = true;
      return logEvent({});
    default:
      return readEnd(of, tag, value);
  }
}

/** A line that may tell of a failure. */
function readEnd(of: Transaction, tag: string, value: string): LogEvent {
  switch (tag) {
    case "FetchError":
      return fail(
        of,
        value === "http format error" ? faultOfFormat(of.bogus, of.isGarbage) : faultOfFetch(value),
        `FetchError: ${value}`,
        backendIn(value),
      );
    case "Error":
      return fail(of, value === "Body cannot be fetched" ? "head.bad_framing" : null, `Error: ${value}`);
    case "BerespStatus":
      return readBackendStatus(of, Number(value));
    case "RespStatus":
      return readStatus(of, Number(value));
    case "HttpGarbage":
      of.isGarbage = true;
      return of.isBackends ? logEvent({}) : fail(of, "client.bad_request", `HttpGarbage: ${value}`);
    case "SessClose":
      return SESSION_ENDS[value.split(" ", 1)[0] ?? ""] === undefined
        ? logEvent({})
        : fail(of, SESSION_ENDS[value.split(" ", 1)[0] ?? ""] ?? null, `SessClose: ${value}`);
    case "Backend_health":
      return readHealth(value);
    case "VCL_Error":
    case "SessError":
      return logEvent({ at: of.at, words: `${tag}: ${value}` });
    default:
      return logEvent({});
  }
}

const SESSION_ENDS: Readonly<Record<string, AnyFaultId>> = {
  RX_OVERFLOW: "client.header_too_large",
  OVERLOAD: "gateway.overloaded",
  PIPE_OVERFLOW: "gateway.overloaded",
  TX_ERROR: "client.closed_during_response",
};

/** One transaction fails once: what comes after its first failure follows from it. */
function fail(of: Transaction, fault: AnyFaultId | null, words: string, backend: string | null = null): LogEvent {
  if (of.isTold) return logEvent({});
  of.isTold = true;
  const target = of.url === null ? null : of.host + of.url;
  return logEvent({ at: of.at, fault, words, target, client: of.client, method: of.method, backend: backend ?? of.backend });
}

const NAMED = /^(?:backend (\S+?): |Director (\S+) returned no backend)/;

function backendIn(error: string): string | null {
  const [, backend, director] = NAMED.exec(error) ?? [];
  return backend ?? director ?? null;
}

/** The status that Varnish makes itself after a failure stands there too. */
function readBackendStatus(of: Transaction, status: number): LogEvent {
  if (of.isTold || of.isGarbage || status < 500) return logEvent({});
  const fault = of.backend === null ? "gateway.local_response" : "relay.origin_5xx";
  return { ...fail(of, fault, `${status} of ${of.backend ?? "Varnish's own rules"}`), status };
}

/** What the client got: a failure only where no line about a backend tells of it. */
function readStatus(of: Transaction, status: number): LogEvent {
  if (!of.isSynthetic) return logEvent(status < 500 ? { status } : {});
  if (status >= 500) return { ...fail(of, "gateway.local_response", `${status} of Varnish's own rules`), status };
  return status === 403 || status === 429
    ? { ...fail(of, "client.denied", `${status} of Varnish's own rules`), status }
    : logEvent({ status });
}

const HEALTH = /^(?:\S+ )?(?:- )?(\S+) Went sick \S+ \d+ \d+ \d+ [\d.]+ [\d.]+ "?(.*?)"?$/;

/** Probes repeat what they say: the first that takes a backend out counts. */
function readHealth(value: string): LogEvent {
  const [whole, backend = null, words = ""] = HEALTH.exec(value) ?? [];
  return whole === undefined
    ? logEvent({})
    : logEvent({ fault: faultOfProbe(words), backend, words: `Backend_health: ${backend} went sick: ${words}` });
}

const NOTE = /^(?:(?:Error|Info|Debug): )?(?:Child \(-?\d+\) (\w+)|Child launched|Platform: |Version: |Manager got|Stopping Child)/;
const CHILD_LOST: ReadonlySet<string> = new Set(["died", "Panic", "not"]);

function readNote(line: string): LogEvent | null {
  const [whole, what = ""] = NOTE.exec(line) ?? [];
  if (whole === undefined) return null;
  return CHILD_LOST.has(what) ? logEvent({ fault: "gateway.internal_error", words: line }) : logEvent({});
}
