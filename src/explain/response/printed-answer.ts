import { SAVED_BODY_BYTES_MAX, type SavedAnswer } from "./saved.ts";

/** An answer as a browser's tools copy it, or as a program prints its object: status and fields, in no form of HTTP. Null: there is none. */
export function readPrintedAnswer(text: string): SavedAnswer | null {
  const plain = text.slice(0, TEXT_CHARS_MAX).replaceAll("\r", "");
  return ofDevTools(plain) ?? ofObject(plain);
}

const TEXT_CHARS_MAX = 64 * 1024;
const FIELDS_MAX = 200;

interface Printed {
  readonly status: number;
  readonly reason: string;
  readonly url: string | null;
  readonly method: string | null;
  readonly fields: readonly string[];
  readonly body: string;
  /** Where in the text it begins. */
  readonly at: number;
}

function saved(text: string, { status, reason, url, method, fields, body, at }: Printed): SavedAnswer {
  const parsed = url !== null && URL.canParse(url) ? new URL(url) : null;
  return {
    ...{ status, reason, method, url: parsed, plainProxy: null, ms: null, fields },
    asked: parsed === null ? null : `${method ?? "GET"} ${parsed.href}`,
    body: Buffer.from(body).subarray(0, SAVED_BODY_BYTES_MAX),
    line: text.slice(0, at).split("\n").length,
  };
}

/** `Status Code: 502 Bad Gateway` with names and values behind it, in one line each, or in two as newer ones copy them. */
function ofDevTools(text: string): SavedAnswer | null {
  const found = /^Status Code(?::[ \t]*|\n)(\d{3})(?: ([^\n(]*))?/m.exec(text);
  if (found === null) return null;
  const inTwo = !found[0].startsWith("Status Code:");
  const read = (name: string) => new RegExp(`^${name}${inTwo ? "\\n" : ":[ \\t]*"}(\\S+)`, "m").exec(text)?.[1] ?? null;
  const rest = text
    .slice(found.index + found[0].length)
    .split("\n")
    .slice(1);
  const fields = inTwo ? inPairs(rest) : rest.flatMap((line) => fieldOf(line));
  return saved(text, {
    status: Number(found[1]),
    reason: found[2] ?? "",
    url: read("Request URL"),
    method: read("Request Method"),
    fields: fields.slice(0, 2 * FIELDS_MAX),
    body: "",
    at: found.index,
  });
}

function fieldOf(line: string): string[] {
  const [, name, value = ""] = FIELD.exec(line) ?? [];
  return name === undefined ? [] : [name, value];
}

const FIELD = /^\s*([A-Za-z][\w-]*):\s*(\S.*)?$/;

function inPairs(lines: readonly string[]): string[] {
  const even = lines.filter((line) => line !== "");
  return even.slice(0, even.length - (even.length % 2)).map((line, index) => (index % 2 === 0 ? line.replace(/:$/, "") : line));
}

/** What JavaScript, Python and JSON print: `status: 502`, `<Response [502]>`, and fields in quotes. */
const STATUS = /\bstatus(?:Code|_code)?['"]?\s*[:=]\s*(\d{3})\b|<Response \[(\d{3})(?: ([^[\]]*))?\]>/;
const PAIR = /(?:^|[\s{,[])['"]?([A-Za-z][\w-]*)['"]?\s*:\s*(?:\[\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;
/** One of these at least says that it is an answer, and no other object with a status. */
const TELLING: ReadonlySet<string> = new Set([
  ...["server", "via", "cf-ray", "content-type", "content-length", "x-cache", "x-powered-by", "date", "transfer-encoding", "x-request-id"],
]);
const BODY = /\b(?:data|body|text|content)['"]?\s*[:=]\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`)/;

function ofObject(text: string): SavedAnswer | null {
  const found = STATUS.exec(text);
  const status = Number(found?.[1] ?? found?.[2]);
  if (found === null || status < 100 || status > 599) return null;
  const pairs = [...text.matchAll(PAIR)].map(([, name = "", single, double = ""]): [string, string] => [name, unescaped(single ?? double)]);
  const of = (wanted: string) => pairs.find(([name]) => name === wanted)?.[1];
  const fields = pairs.filter(([name, value]) => !OWN.has(name) && value.length <= VALUE_CHARS_MAX).slice(0, FIELDS_MAX);
  if (!fields.some(([name]) => TELLING.has(name.toLowerCase()))) return null;
  const [, single, double, ticked] = BODY.exec(text) ?? [];
  return saved(text, {
    status,
    reason: of("statusText") ?? found[3] ?? "",
    url: of("url") ?? null,
    method: null,
    fields: fields.flat(),
    body: unescaped(single ?? double ?? ticked ?? ""),
    at: found.index,
  });
}

/** An object's own properties. */
const OWN: ReadonlySet<string> = new Set([
  "status",
  "statusText",
  "url",
  "type",
  "code",
  "data",
  "body",
  "text",
  "method",
  "message",
  "name",
  "stack",
]);
const VALUE_CHARS_MAX = 2000;

function unescaped(text: string): string {
  return text.replace(/\\(?:r\\n|n)/g, "\n").replace(/\\(['"`\\/])/g, "$1");
}
