import { createHash, type KeyObject } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { formatHostPort, type HostPort } from "../../core/address.ts";
import { ipFromBytes } from "../../wire/ip-bytes.ts";
import { bytesOf, unmapped } from "../../wire/ip-mapped.ts";
import { answerFields } from "./answer-fields.ts";
import { dress } from "./dress.ts";
import { type JudgeField, type JudgeKind, type JudgePayload, writePayload } from "./payload.ts";
import { formatJudgeKey, isShared, signPayload } from "./signature.ts";
import { sendBytes } from "./throughput.ts";

interface JudgeVoice {
  /** Private, or shared: such a one is never told. */
  readonly key: KeyObject;
  readonly certificate: string;
  /** By which the judge can be reached, as far as it knows. */
  addresses(): readonly HostPort[];
  /** What its connection began with; null: HTTP or TLS. */
  preambleOf(socket: Socket): string | null;
}

/** All that a judge serves: its key, bytes to measure throughput with, and for everything else what it saw. */
export function judgeRequests(voice: JudgeVoice): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.on("error", ignore);
    response.on("error", ignore);
    const { pathname, searchParams } = readTarget(request.url ?? "");
    if (pathname.endsWith(KEY_PATH) && !isShared(voice.key)) sendKey(voice, response);
    else if (pathname.endsWith(BYTES_PATH)) sendBytes(searchParams.get("n"), response);
    else echo(voice, request, response, { kind: kindOf(pathname), nonce: nonceOf(searchParams) });
  };
}

/** Below a judge's base. */
export const KEY_PATH = "goodgateway/judge/key";
export const BYTES_PATH = "goodgateway/judge/bytes";

function readTarget(target: string): { pathname: string; searchParams: URLSearchParams } {
  const relative = target.replace(/^https?:\/\/[^/?#]*/i, "");
  const [pathname = "", ...search] = relative.split("?");
  return { pathname, searchParams: new URLSearchParams(search.join("?")) };
}

function kindOf(pathname: string): JudgeKind {
  if (pathname.endsWith(".js")) return "script";
  if (pathname.endsWith(".png")) return "picture";
  return /\.(?:exe|bin|zip)$/.test(pathname) ? "download" : "page";
}

/** `nonce` is for people, `id` for those who do not want to look as if they asked a judge. */
function nonceOf(search: URLSearchParams): string {
  const nonce = search.get("nonce") ?? search.get("id") ?? "";
  return NONCE.test(nonce) ? nonce : "";
}

const NONCE = /^[\w-]{1,128}$/;

function sendKey({ key, certificate, addresses }: JudgeVoice, response: ServerResponse): void {
  const body = { judge: 1, key: formatJudgeKey(key), certificate, addresses: addresses().map(formatHostPort) };
  response
    .writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store, no-transform" })
    .end(`${JSON.stringify(body)}\n`);
}

/** A larger body is not taken. */
const BODY_BYTES_MAX = 1024 * 1024;

interface Asked {
  readonly kind: JudgeKind;
  readonly nonce: string;
}

function echo(voice: JudgeVoice, request: IncomingMessage, response: ServerResponse, asked: Asked): void {
  const hash = createHash("sha256");
  let bodyBytes = 0;
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes <= BODY_BYTES_MAX) hash.update(chunk);
    else if (!response.headersSent) response.writeHead(413, { Connection: "close" }).end(() => request.destroy());
  });
  request.once("end", () => {
    if (response.headersSent) return;
    const answer = answerFields(asked.kind, asked.nonce);
    const payload = writePayload({
      ...seenOf(request),
      ...asked,
      preamble: voice.preambleOf(request.socket),
      certificate: voice.certificate,
      bodyBytes,
      bodySha256: hash.digest("hex"),
      answer,
    });
    const body = dress(asked.kind, { payload, signature: signPayload(payload, voice.key) });
    response.writeHead(200, [...answer.flat(), "Content-Length", String(body.length)]).end(body);
  });
}

type Seen = Omit<JudgePayload, "nonce" | "kind" | "preamble" | "certificate" | "bodyBytes" | "bodySha256" | "answer">;

function seenOf({ socket, rawHeaders, method, url, httpVersion }: IncomingMessage): Seen {
  return {
    judge: 1,
    at: new Date().toISOString(),
    address: plain(socket.remoteAddress ?? ""),
    port: socket.remotePort ?? 0,
    local: { host: plain(socket.localAddress ?? ""), port: socket.localPort ?? 0 },
    method: method ?? "",
    target: url ?? "",
    httpVersion,
    fields: pairs(rawHeaders),
    tls: socket instanceof TLSSocket ? tlsOf(socket) : null,
  };
}

function tlsOf(socket: TLSSocket): JudgePayload["tls"] {
  // Node's types have no `servername`; without SNI it is false.
  const { servername } = socket as TLSSocket & { servername?: string | false };
  return { servername: servername || null, protocol: socket.getProtocol() ?? "", alpn: socket.alpnProtocol || null };
}

function plain(address: string): string {
  const bytes = bytesOf(address);
  return bytes === null ? address : ipFromBytes(unmapped(bytes));
}

function pairs(raw: readonly string[]): JudgeField[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
}

function ignore(): void {}
