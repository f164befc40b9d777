import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatHostPort } from "../../core/address.ts";
import { composeAnswer, type JudgeVoice, readTarget } from "./answer.ts";
import type { JudgeField } from "./payload.ts";
import { formatJudgeKey, isShared } from "./signature.ts";
import { sendBytes } from "./throughput.ts";

/** All that a judge serves: its key, bytes to measure throughput with, and for everything else what it saw. */
export function judgeRequests(voice: JudgeVoice): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.on("error", ignore);
    response.on("error", ignore);
    const { pathname, search } = readTarget(request.url ?? "");
    if (pathname.endsWith(KEY_PATH) && !isShared(voice.key)) sendKey(voice, response);
    else if (pathname.endsWith(BYTES_PATH)) sendBytes(new URLSearchParams(search).get("n"), response);
    else echo(voice, request, response);
  };
}

/** Below a judge's base. */
export const KEY_PATH = "goodgateway/judge/key";
export const BYTES_PATH = "goodgateway/judge/bytes";

function sendKey({ key, certificate, addresses }: JudgeVoice, response: ServerResponse): void {
  const body = { judge: 1, key: formatJudgeKey(key), certificate, addresses: addresses().map(formatHostPort) };
  response
    .writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store, no-transform" })
    .end(`${JSON.stringify(body)}\n`);
}

/** A larger body is not taken. */
const BODY_BYTES_MAX = 1024 * 1024;

function echo(voice: JudgeVoice, request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash("sha256");
  let bodyBytes = 0;
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes <= BODY_BYTES_MAX) hash.update(chunk);
    else if (!response.headersSent) response.writeHead(413, { Connection: "close" }).end(() => request.destroy());
  });
  request.once("end", () => {
    if (response.headersSent) return;
    const { socket, rawHeaders, rawTrailers, method = "", url: target = "", httpVersion } = request;
    // A site reads what stands behind a body as well as what stands before it.
    const all = pairs([...rawHeaders, ...rawTrailers]);
    const received = { method, target, httpVersion, fields: all, bodyBytes, bodySha256: hash.digest("hex") };
    const { fields, body } = composeAnswer(voice, socket, received);
    response.writeHead(200, fields.flat()).end(body);
    voice.slowReaders.note(socket);
  });
}

function pairs(raw: readonly string[]): JudgeField[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
}

function ignore(): void {}
