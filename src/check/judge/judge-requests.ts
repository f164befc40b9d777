import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { formatHostPort } from "../../core/address.ts";
import { composeAnswer, type JudgeVoice, readTarget } from "./answer.ts";
import type { JudgeField } from "./payload.ts";
import { formatJudgeKey, isShared } from "./signature.ts";
import { sendBytes } from "./throughput.ts";

/** All that a judge serves: its key, bytes to measure throughput with, and for everything else what it saw. */
export function judgeRequests(voice: JudgeVoice): (request: IncomingMessage, response: ServerResponse) => void {
  const unread = new UnreadAnswers();
  return (request, response) => {
    request.on("error", ignore);
    response.on("error", ignore);
    if (!unread.admits(request.socket, response)) return;
    const { pathname, search } = readTarget(request.url ?? "");
    if (pathname.endsWith(KEY_PATH) && !isShared(voice.key)) sendKey(voice, response);
    else if (pathname.endsWith(BYTES_PATH)) sendBytes(search, voice, response, request.socket);
    else echo(voice, request, response);
  };
}

/** Below a judge's base. */
export const KEY_PATH = "goodgateway/judge/key";
export const BYTES_PATH = "goodgateway/judge/bytes";

/** Asked for on one connection before the first of them was sent: as much memory as its asker wants to leave unread. */
const UNREAD_MAX = 8;

/** Ends connections of those who ask and ask, and read nothing. */
class UnreadAnswers {
  readonly #counts = new WeakMap<Socket, number>();

  /** False: its connection is at its end, and whatever was still in its last bytes is not answered. */
  admits(socket: Socket, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const count = (this.#counts.get(socket) ?? 0) + 1;
    if (count > UNREAD_MAX) {
      socket.destroy();
      return false;
    }
    this.#counts.set(socket, count);
    response.once("close", () => this.#counts.set(socket, (this.#counts.get(socket) ?? 1) - 1));
    return true;
  }
}

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
