import { createHash } from "node:crypto";
import type { JudgeKind } from "./payload.ts";
import { drawPicture } from "./picture.ts";
import { showPayload } from "./show-payload.ts";

/** What a judge signs, with its signature. */
export interface Statement {
  /** ASCII. */
  readonly payload: string;
  /** Base64url. */
  readonly signature: string;
}

/**
 * The body of a judge's answer, every byte of it a function of what is signed, so that whoever can verify the signature knows what has to
 * come. It is dressed as what proxies like to change, and does not say that it is a judge's.
 */
export function dress(kind: JudgeKind, statement: Statement): Buffer {
  return Buffer.concat(DRESSES[kind](statement, seal(statement)));
}

/** A body is the one that its statement demands, to the byte. */
export function isDressed(body: Buffer, kind: JudgeKind, statement: Statement): boolean {
  let at = 0;
  for (const part of DRESSES[kind](statement, seal(statement))) {
    if (body.compare(part, 0, part.length, at, Math.min(at + part.length, body.length)) !== 0) return false;
    at += part.length;
  }
  return at === body.length;
}

/** What a browser would take each for. */
export const CONTENT_TYPES: Readonly<Record<JudgeKind, string>> = {
  page: "text/html; charset=utf-8",
  script: "application/javascript",
  picture: "image/png",
  download: "application/octet-stream",
};

/** The statements that a body holds, its own among them where it came whole; at most a few. */
export function findStatements(body: Buffer): Statement[] {
  const found: Statement[] = [];
  for (let at = body.indexOf(SEAL); at >= 0 && found.length < STATEMENTS_MAX; at = body.indexOf(SEAL, at)) {
    const payloadAt = at + SEAL.length;
    const payloadEnd = skipBase64url(body, payloadAt);
    const end = body[payloadEnd] === DOT ? skipBase64url(body, payloadEnd + 1) : payloadEnd;
    at = payloadAt;
    if (payloadEnd === payloadAt || end <= payloadEnd + 1 || body[end] !== QUOTE) continue;
    at = end;
    const payload = Buffer.from(body.toString("latin1", payloadAt, payloadEnd), "base64url").toString("latin1");
    found.push({ payload, signature: body.toString("latin1", payloadEnd + 1, end) });
  }
  return found;
}

/** An answer has one; more may be put before it to hide it. */
const STATEMENTS_MAX = 4;
/** Before a payload, a dot and its signature, both as base64url, and a quotation mark. */
const SEAL = Buffer.from('state="');
const DOT = 0x2e;
const QUOTE = 0x22;

/** @returns where the first byte stands that is none of its 64. */
function skipBase64url(body: Buffer, from: number): number {
  let at = from;
  while (IS_BASE64URL[body[at] as number] === 1) at++;
  return at;
}

const IS_BASE64URL = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) IS_BASE64URL[byte] = 1;

function seal({ payload, signature }: Statement): Buffer {
  return Buffer.from(`state="${Buffer.from(payload, "latin1").toString("base64url")}.${signature}"`, "latin1");
}

/** A body in its parts, one after the other: most bodies are only held against it. */
type Dress = (statement: Statement, sealed: Buffer) => readonly Buffer[];

const DRESSES: Readonly<Record<JudgeKind, Dress>> = { page, script, picture, download };

// Text that is not ASCII, spaces and comments show who recodes or packs pages. Worth changing besides: places for scripts and advertisements, links to strip of their TLS, an address to send money to, a login.
function page({ payload }: Statement, sealed: Buffer): readonly Buffer[] {
  return [PAGE.before, sealed, PAGE.between, showPayload(payload), PAGE.after];
}

const PAGE = {
  before: Buffer.from(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<title>Your request, as it arrived</title>
<link rel="stylesheet" href="/static/style.css" integrity="sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=">
<script src="/static/main.js"></script>
</head>
<body>
<h1>Your request, as it arrived</h1>
<!-- written by hand;	two  spaces and a tab are meant   -->
<p>Größe, naïve café, “quotes”, 你好, Здравствуйте, 🙂&nbsp;</p>
<main data-`),
  between: Buffer.from(`></main>
<div id="ad-banner" class="ads"><img src="http://www.example.com/banner.gif" width="468" height="60" alt="advertisement"></div>
<p>Read more at <a href="https://www.example.com/">https://www.example.com/</a> or <a href="http://www.example.org/">http://www.example.org/</a>.</p>
<form action="https://login.example.com/" method="post"><input name="user"><input name="password" type="password"><button>Log in</button></form>
<p>Questions: <a href="mailto:someone@example.com">someone@example.com</a>, +1 555 0100. Donations: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT</p>
<pre>`),
  after: Buffer.from(`</pre>
<script>document.documentElement.className = "js";</script>
</body>
</html>
`),
} as const;

function script(_: Statement, sealed: Buffer): readonly Buffer[] {
  return [SCRIPT.before, sealed, SCRIPT.after];
}

const SCRIPT = {
  before: Buffer.from(`/*! main.js */
(function (window, document) {
  "use strict";
  var element = document.createElement("div");
  element.innerHTML = '<div data-`),
  after: Buffer.from(`></div>';
  window.addEventListener("load", function () {
    document.body.appendChild(element);
  });
})(window, document);
`),
} as const;

function picture(_: Statement, sealed: Buffer): readonly Buffer[] {
  return [drawPicture(sealed)];
}

/** As programs for Windows begin, which some proxies pack something else with. */
const MAGIC = Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", "latin1");
const FILLER_BYTES = 4096;
const NUL = Buffer.of(0);

function download({ signature }: Statement, sealed: Buffer): readonly Buffer[] {
  const filler = createHash("shake256", { outputLength: FILLER_BYTES }).update(signature).digest();
  return [MAGIC, filler, NUL, sealed, NUL, filler];
}
