import { SAVED_BODY_BYTES_MAX, type SavedAnswer } from "./saved.ts";

/**
 * An error page without its head: its source, the words that a browser shows of it, or a text in a program's error. What people paste most.
 * Null: there is none in the text.
 */
export function readBarePage(text: string): SavedAnswer | null {
  const plain = withoutQuoting(text.slice(0, TEXT_CHARS_MAX));
  const found = ofSource(plain) ?? ofShownPage(plain) ?? ofSentence(plain);
  if (found === null) return null;
  const { status, reason, body, at } = found;
  return {
    ...{ asked: null, method: null, url: null, plainProxy: null, status, reason, fields: [], ms: null },
    body: Buffer.from(body.trimEnd()).subarray(0, SAVED_BODY_BYTES_MAX),
    line: plain.slice(0, at).split("\n").length,
  };
}

const TEXT_CHARS_MAX = 256 * 1024;

interface Page {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  /** Where in the text it begins. */
  readonly at: number;
}

/** What JSON and JavaScript make of a page that they quote. */
function withoutQuoting(text: string): string {
  const joined = /^[^\S\n]*['"].*\\n['"] \+$/m.test(text) ? text.replace(/^[^\S\n]*['"](.*?)['"] ?\+?,?$/gm, "$1") : text;
  return joined.includes("\\n") || joined.includes('\\"')
    ? joined.replaceAll("\\r", "").replaceAll("\\n", "\n").replaceAll('\\"', '"')
    : joined.replaceAll("\r", "");
}

/** `<title>502 Bad Gateway</title>`, `<title>site.example | 502: Bad gateway</title>`, Squid's `<title>ERROR: …`. */
function ofSource(text: string): Page | null {
  const title = /<title>([^<]{0,200})<\/title>/i.exec(text);
  if (title === null) return null;
  const [, status, reason = ""] = /(?:^\s*|[|:–-]\s*|(?:error|status)\s+)([45]\d\d)\b[:\s-]*(.*)/i.exec(title[1] ?? "") ?? [];
  const isSquids = (title[1] ?? "").startsWith("ERROR: ");
  if (status === undefined && !isSquids) return null;
  const at = Math.max(0, text.slice(0, title.index).search(/<!doctype|<html/i));
  return { status: Number(status ?? 503), reason: reason.trim(), body: text.slice(at), at };
}

/** `502 Bad Gateway` over a line with the name of who made it: the page as a browser shows it. */
function ofShownPage(text: string): Page | null {
  const found = SHOWN.exec(text);
  if (found !== null) {
    const [, status = "", reason = "", maker = ""] = found;
    const body = `<center><h1>${status} ${reason}</h1></center>\n<hr><center>${maker}</center>`;
    return { status: Number(status), reason, body, at: found.index };
  }
  const varnish = /^Error (5\d\d) (.*)\n[\s\S]{0,400}^Guru Medit?ation:\n\s*(XID: \d+|Details: cache-.*)$/m.exec(text);
  if (varnish === null) return null;
  const [, status = "", reason = "", id = ""] = varnish;
  const name = id.startsWith("XID") ? "Guru Meditation" : "Guru Mediation";
  return { status: Number(status), reason, body: `<h3>${name}:</h3>\n<p>${id}</p>\n<hr>\n<p>Varnish cache server</p>`, at: varnish.index };
}

const SHOWN =
  /^([45]\d\d) ([A-Z][\w -]{2,40})\n\s*((?:nginx|openresty|tengine)(?:\/[\d.]+)?(?: \(\w+\))?|cloudflare|Microsoft-Azure-Application-Gateway\/v2)$/im;

/** Gateways that answer in a sentence, with the status that it comes with. */
const SENTENCES: readonly (readonly [pattern: RegExp, status: number, reason: string])[] = [
  [/upstream connect error or disconnect\/reset before headers.*/, 503, "Service Unavailable"],
  [/^no healthy upstream$/m, 503, "Service Unavailable"],
  [/^upstream request timeout$/m, 504, "Gateway Timeout"],
  [/^no available server$/m, 503, "Service Unavailable"],
  [/(?:\{\s*"message":\s*")?An invalid response was received from the upstream server.*/, 502, "Bad Gateway"],
  [/(?:\{\s*"message":\s*")?The upstream server is timing out.*/, 504, "Gateway Timeout"],
  [/(?:\{\s*"message":\s*")?failure to get a peer from the ring-balancer.*/, 503, "Service Unavailable"],
  [/^error code: 502$/m, 502, "Bad Gateway"],
  [/^error code: 504$/m, 504, "Gateway Timeout"],
  [/^error code: 1015$/m, 429, "Too Many Requests"],
  [/^error code: 10(?:0[6-9]|10|12|20)$/m, 403, "Forbidden"],
  [/^error code: 110[12]$/m, 500, "Internal Server Error"],
  [/^error code: 1\d{3}$/m, 530, ""],
  [/Error occurred while trying to proxy: .*/, 504, "Gateway Timeout"],
];

function ofSentence(text: string): Page | null {
  for (const [pattern, status, reason] of SENTENCES) {
    const found = pattern.exec(text);
    if (found !== null) return { status, reason, body: found[0], at: found.index };
  }
  return null;
}
