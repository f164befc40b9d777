import type { Socket } from "node:net";
import { composeAnswer, type JudgeVoice, readTarget } from "./answer.ts";
import { BYTES_PATH, KEY_PATH } from "./judge-requests.ts";
import { readPlainRequest } from "./plain-request.ts";

/**
 * Answers plain requests on a connection, for as long as no other comes: a server that is made for all that HTTP knows takes five times as long.
 *
 *     client -plain request-> composeAnswer -> client
 *            -anything else-> handOver, with the bytes that came
 */
export class QuickAnswers {
  readonly #socket: Socket;
  readonly #voice: JudgeVoice;
  readonly #idleMs: number;
  readonly #handOver: (socket: Socket, unread: Buffer) => void;

  constructor(socket: Socket, voice: JudgeVoice, idleMs: number, handOver: (socket: Socket, unread: Buffer) => void) {
    this.#socket = socket;
    this.#voice = voice;
    this.#idleMs = idleMs;
    this.#handOver = handOver;
    socket.on("data", this.onData);
  }

  readonly onData = (chunk: Buffer): void => {
    const socket = this.#socket;
    const request = socket.writableLength === 0 ? readPlainRequest(chunk) : null;
    if (request === null || isSpecial(request.received.target)) {
      socket.off("data", this.onData);
      this.#handOver(socket, chunk);
      return;
    }
    const { fields, body } = composeAnswer(this.#voice, socket, request.received);
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${this.#idleMs / 1000}\r\n`;
    const head = `HTTP/1.1 200 OK\r\n${lines}Date: ${new Date().toUTCString()}\r\n${request.isLast ? "Connection: close\r\n" : kept}\r\n`;
    socket.write(Buffer.concat([Buffer.from(head, "latin1"), body]));
    this.#voice.slowReaders.note(socket);
    if (!request.isLast) return;
    socket.off("data", this.onData).resume();
    socket.destroySoon();
  };
}

function isSpecial(target: string): boolean {
  const { pathname } = readTarget(target);
  return pathname.endsWith(KEY_PATH) || pathname.endsWith(BYTES_PATH);
}
