import { randomBytes } from "node:crypto";
import { fieldValue, type RawFields } from "../../core/message.ts";
import type { JudgeAddress, JudgeRequest } from "./judged.ts";
import type { JudgeKind } from "./payload.ts";

export interface JudgeQuestion {
  /** From the judge's URL: `http` or `https`. */
  readonly scheme: "http" | "https";
  /** Fresh for each request, and not to be guessed: 32 hex digits. */
  readonly nonce: string;
  readonly kind: JudgeKind;
  readonly method: "GET" | "POST";
  /** Instead of the judge's host; an IPv6 literal without brackets. */
  readonly host?: string;
  /** The very URL of this request once more, by somebody who is not known: whoever answers it from a cache gives the marks of the first. */
  readonly again?: JudgeRequest;
  /** Also a page is asked for as by somebody who is logged in. */
  readonly isLoggedIn?: boolean;
}

/**
 * A request to a judge that looks like a browser's for something of a site, so that a proxy cannot treat it another way than the rest:
 * neither its path nor its fields name a judge. Of a service that does not sign, the URL is asked as it is.
 */
export function composeJudgeRequest(judge: JudgeAddress, question: JudgeQuestion): JudgeRequest {
  const { kind, method, again } = question;
  const mark = createNonce();
  const url = again === undefined ? urlFor(judge, question) : new URL(again.url);
  const nonce = again?.nonce ?? question.nonce;
  return { nonce, method, url, kind, fields: fieldsFor(judge, question, mark), body: method === "POST" ? bodyFor(mark) : null };
}

function urlFor(judge: JudgeAddress, { scheme, nonce, kind, host }: JudgeQuestion): URL {
  const { hostname, port, pathname } = judge.url;
  const asked = host === undefined ? hostname : host.includes(":") ? `[${host}]` : host;
  const origin = `${scheme}://${asked}${port === "" ? "" : `:${port}`}`;
  if (judge.isSigned) return new URL(`${origin}${pathname}${PATHS[kind](nonce)}`);
  const url = new URL(`${origin}${pathname}${judge.url.search}`);
  url.searchParams.set("id", nonce);
  return url;
}

/** The path of a page of its own, with the whole nonce behind it. */
function withQuery(path: string, nonce: string): string {
  return `${path.replace("*", nonce.slice(0, PATH_DIGITS))}?id=${nonce}`;
}

const PATH_DIGITS = 6;

/** Nobody can guess it, so nobody can have its answer ready. */
export function createNonce(): string {
  if (randomAt + NONCE_BYTES > random.length) {
    random = randomBytes(RANDOM_BYTES);
    randomAt = 0;
  }
  randomAt += NONCE_BYTES;
  return random.toString("hex", randomAt - NONCE_BYTES, randomAt);
}

const NONCE_BYTES = 16;
/** Fetched at once: a call for a few costs as much. */
const RANDOM_BYTES = 1024;
let random = Buffer.alloc(0);
let randomAt = 0;

/** Caches are mostly told to keep nothing with a query: pictures have none. */
const PATHS: Readonly<Record<JudgeKind, (nonce: string) => string>> = {
  page: (nonce) => withQuery("articles/*/index.html", nonce),
  script: (nonce) => withQuery("static/*/main.js", nonce),
  picture: (nonce) => `images/${nonce}/photo.png`,
  download: (nonce) => withQuery("downloads/*/setup.exe", nonce),
};

/** The marks that a request carries where it has these fields, which no two requests share. */
export function marksOf(fields: RawFields): string[] {
  return MARKED.flatMap(([name, pattern]) => pattern.exec(fieldValue(fields, name) ?? "")?.[1] ?? []);
}

const MARKED: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["referer", /\?from=([0-9a-f]{32})$/],
  ["cookie", /^session=([0-9a-f]{32})\b/],
  ["authorization", /^Bearer ([0-9a-f]{32})$/],
];

/**
 * All that a proxy has to pass on: what it takes away or changes of it, the judge tells. Not the same in all of them: whoever injects spares
 * what scripts ask for, and a cache may spare who has a cookie or a login. So pages and pictures are asked for as where a link leads to
 * them, a download, or what was asked for before, as by a program, and the rest as by a page of somebody who is logged in; so is all of a service
 * that does not sign, which may repeat them.
 */
function fieldsFor({ isSigned }: JudgeAddress, question: JudgeQuestion, mark: string): RawFields {
  const { kind, method, again, isLoggedIn = false } = question;
  const isPage = kind === "page";
  const isUnknown = isSigned && method === "GET" && !isLoggedIn;
  const isBare = isUnknown && (kind === "download" || again !== undefined);
  const isQuiet = isBare || (isUnknown && (isPage || kind === "picture"));
  return [
    "User-Agent",
    isSigned ? browserFor(question) : BROWSERS.linux,
    "Accept",
    isPage ? "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" : "*/*",
    "Accept-Language",
    "en-US,en;q=0.5",
    "Accept-Encoding",
    "gzip, deflate",
    ...(isBare ? [] : ["Referer", `http://www.example.com/start?from=${mark}`]),
    ...(isQuiet ? [] : ["Cookie", `session=${mark}; theme=dark`, "Authorization", `Bearer ${mark}`]),
    "DNT",
    "1",
    ...(method === "POST" ? ["Origin", "http://www.example.com", "Content-Type", "application/x-www-form-urlencoded"] : []),
    ...(isQuiet || isLoggedIn ? [] : ["X-Requested-With", "XMLHttpRequest"]),
  ];
}

/** Advertisements and worse go to the browsers that most people have, or to phones alone. */
function browserFor({ kind, method, again, isLoggedIn = false }: JudgeQuestion): string {
  if (kind !== "page" || method === "POST") return BROWSERS.linux;
  if (isLoggedIn) return BROWSERS.phone;
  return again === undefined ? BROWSERS.windows : BROWSERS.android;
}

const BROWSERS = {
  linux: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  windows: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  android: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
  phone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
} as const;

function bodyFor(mark: string): Buffer {
  return Buffer.from(`user=someone%40example.com&password=${mark}&next=https%3A%2F%2Fwww.example.com%2F`);
}
