import { readClientWords } from "./client-words.ts";
import { type ClientWords, SAVED_ANSWERS_MAX, SAVED_BODY_BYTES_MAX, type SavedAnswer, type SavedTalk } from "./saved.ts";

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: (.*))?$/;
const REQUEST_LINE = /^([A-Z][A-Z-]*) (\S+) HTTP\/\d/;

/**
 * Reads what curl printed, or another client in its manner: with `-i` (heads and bodies), `-v` (`>`, `<` and `*` in front of lines), both at
 * once, or a bare answer. Several answers may follow one another: interim ones, redirects, that of a proxy before that of the site.
 */
export function readCurlOutput(text: string): SavedTalk {
  const reader = new CurlReader();
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) reader.take(line.endsWith("\r") ? line.slice(0, -1) : line, index + 1);
  return reader.end();
}

interface Open {
  readonly line: number;
  readonly status: number;
  readonly reason: string;
  readonly fields: string[];
  readonly request: Request | null;
  /** Lines of its body; null while its head goes on. */
  body: string[] | null;
  /** Its head stood behind `<`: its body stands without. */
  readonly isMarked: boolean;
}

interface Request {
  readonly method: string;
  readonly target: string;
  host: string | null;
}

class CurlReader {
  readonly #answers: SavedAnswer[] = [];
  readonly #words: ClientWords[] = [];
  #open: Open | null = null;
  #request: Request | null = null;
  #bodyChars = 0;
  /** TLS was seen since the last CONNECT: requests go to the site. */
  #hasTunnel = false;

  take(line: string, number: number): void {
    this.#hear(line, number);
    const mark = /^([<>*])(?: (.*))?$/.exec(line);
    if (mark === null) this.#takePlain(line, number);
    else if (mark[1] === "<") this.#takeHead(mark[2] ?? "", number, true);
    else if (mark[1] === ">") this.#takeRequest(mark[2] ?? "");
    else if (/Proxy replied 200 to CONNECT|CONNECT phase completed|CONNECT tunnel established/.test(line)) this.#hasTunnel = true;
  }

  end(): SavedTalk {
    this.#close();
    return { answers: this.#answers, words: this.#words };
  }

  /** What curl says at its end, and what other clients say where no answer is being read. */
  #hear(line: string, number: number): void {
    const isOwn = line.startsWith("curl: (") || (this.#open === null && !/^[<>*](?: |$)/.test(line) && readClientWords(line) !== null);
    if (isOwn && this.#words.length < WORDS_MAX) this.#words.push({ text: line.slice(0, WORDS_CHARS_MAX), line: number, ms: msOf(line) });
  }

  #takePlain(line: string, number: number): void {
    if (STATUS_LINE.test(line) && (this.#open === null || this.#open.body !== null)) this.#takeHead(line, number, false);
    else if (this.#open !== null && this.#open.body === null && !this.#open.isMarked) this.#takeHead(line, number, false);
    else if (this.#open !== null && !isProgress(line)) this.#takeBody(line);
  }

  #takeRequest(line: string): void {
    const start = REQUEST_LINE.exec(line);
    if (start !== null) {
      this.#close();
      this.#request = { method: start[1] as string, target: start[2] as string, host: null };
      return;
    }
    const host = /^host: *(\S+)/i.exec(line)?.[1];
    if (host !== undefined && this.#request !== null) this.#request.host ??= host;
  }

  #takeHead(line: string, number: number, isMarked: boolean): void {
    const start = STATUS_LINE.exec(line);
    if (start !== null) {
      // The same head twice: curl -i and -v at once print it both ways.
      if (!isMarked && this.#open?.isMarked && this.#open.body !== null && this.#open.body.length === 0) {
        this.#open = { ...this.#open, fields: [], body: null, isMarked: false };
        return;
      }
      this.#close();
      const [, status, reason = ""] = start;
      this.#open = { line: number, status: Number(status), reason, fields: [], request: this.#request, body: null, isMarked };
      return;
    }
    const open = this.#open;
    if (open === null || open.body !== null) return;
    if (line === "") open.body = [];
    else addField(open.fields, line);
  }

  #takeBody(line: string): void {
    const open = this.#open as Open;
    open.body ??= [];
    if (this.#bodyChars >= SAVED_BODY_BYTES_MAX) return;
    this.#bodyChars += line.length + 1;
    open.body.push(line);
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    this.#bodyChars = 0;
    if (open === null || open.status < 200 || this.#answers.length >= SAVED_ANSWERS_MAX) return;
    const { request, line, status, reason, fields, body } = open;
    const url = request === null ? null : urlOf(request, this.#hasTunnel);
    this.#answers.push({
      asked: request === null ? null : `${request.method} ${url?.href ?? request.target}`,
      method: request?.method ?? null,
      url,
      plainProxy: request === null ? null : /^http:\/\//i.test(request.target),
      ...{ status, reason, fields, line, ms: null },
      // The line's end is the file's, as a rule.
      body: Buffer.from((body ?? []).join("\n").trimEnd()).subarray(0, SAVED_BODY_BYTES_MAX),
    });
  }
}

const WORDS_CHARS_MAX = 400;
const WORDS_MAX = 100;
const FIELDS_MAX = 400;

function addField(fields: string[], line: string): void {
  const colon = line.indexOf(":");
  if (colon <= 0 || fields.length >= FIELDS_MAX) return;
  fields.push(line.slice(0, colon), line.slice(colon + 1).trim());
}

function urlOf({ method, target, host }: Request, hasTunnel: boolean): URL | null {
  if (method === "CONNECT") return parse(`https://${target}/`);
  if (/^https?:\/\//i.test(target)) return parse(target);
  return host === null ? null : parse(`${hasTunnel ? "https" : "http"}://${host}${target}`);
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function msOf(line: string): number | null {
  const after = /after (\d+) (?:ms|milliseconds)/.exec(line)?.[1];
  return after === undefined ? null : Number(after);
}

/** The meter that curl draws, and what `-v` says of bytes. */
function isProgress(line: string): boolean {
  return /^\s*% Total|^\s*Dload|^\s*\d+ +\d+|^[{}] \[\d+ bytes data\]$|^curl: \(\d+\)/.test(line);
}
