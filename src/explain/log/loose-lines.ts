import { backendOfGoError, faultOfGoError } from "./go-errors.ts";
import { type LogEvent, type LogFormat, logEvent } from "./log-event.ts";
import { readDashed } from "./log-times.ts";

/** A line of any gateway in Go that quotes what its HTTP client said of the backend. The last to be asked: nothing else of the line is known. */
export const GO_QUOTED: LogFormat = { id: "go-quoted", name: "log of a gateway in Go", program: "go", read: readQuoted, isLast: true };

/** Where such words begin; they end with the text that they stand in. */
const BEGIN = /\b(?:dial (?:tcp|unix)|(?:read|write|readfrom) tcp|lookup) \S|\bcaused by: /;
const END = /["\\]/;
const WORDS_CHARS_MAX = 300;
/** Programs speak of their databases in the same words: it has to be about a request that is passed on. */
const OF_A_GATEWAY = /prox(?:y|ied)|upstream|backend|origin|bad ?gateway|round ?trip|\b50[234]\b/i;
const TIME = /\b(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)/;
const LINE_CHARS_MAX = 4096;

function readQuoted(whole: string): LogEvent | null {
  if (!whole.includes("dial ") && !whole.includes(" tcp ") && !whole.includes("caused by: ")) return null;
  const line = whole.slice(0, LINE_CHARS_MAX);
  const begin = OF_A_GATEWAY.test(line) ? line.search(BEGIN) : -1;
  if (begin === -1) return null;
  const rest = line.slice(begin, begin + WORDS_CHARS_MAX);
  const end = rest.search(END);
  const words = end === -1 ? rest : rest.slice(0, end);
  const fault = faultOfGoError(words);
  if (fault === null) return null;
  const time = TIME.exec(line)?.[1];
  return logEvent({ at: time === undefined ? null : readDashed(time, 0), fault, backend: backendOfGoError(words), words });
}

/** `W1127 14:02:07.123456       7 controller.go:1107] Service "default/app" does not have any active Endpoint.`, of ingress-nginx itself. */
export function ingressNotes(year: number): LogFormat {
  return { id: "nginx-ingress", name: "log of ingress-nginx itself", program: "nginx", read: (line) => readKlog(line, year) };
}

const KLOG = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* +\d+ [\w./-]+\.go:\d+\] (.*)$/;

function readKlog(line: string, year: number): LogEvent | null {
  const [, level = "", month, day, clock, words = ""] = KLOG.exec(line) ?? [];
  if (month === undefined) return null;
  const at = readDashed(`${year}-${month}-${day}T${clock}`, 0);
  const [, service] = /^Service "([^"]+)" does not have any active Endpoint/.exec(words) ?? [];
  if (service !== undefined) return logEvent({ at, fault: "gateway.no_healthy_backend", backend: service, words });
  if (/^(?:Error (?:obtaining Endpoints|getting SSL certificate)|Unexpected failure reloading the backend)/.test(words))
    return logEvent({ at, fault: "gateway.config_error", words });
  return logEvent(level === "E" || level === "F" ? { at, words } : { at });
}
