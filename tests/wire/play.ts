import { type Fault, FaultError } from "../../src/core/fault.ts";
import type { Handshake, HandshakeStep } from "../../src/wire/handshake.ts";

/** How a handshake went that was played from chunks. */
export interface Played<T> {
  /** What it returned; null where it did not. */
  readonly value: T | null;
  /** What it threw; null where it did not. */
  readonly fault: Fault | null;
  /** The step that the chunks did not suffice for; null where it ended. With `fin`, the driver would tell of a closed connection. */
  readonly waitsFor: HandshakeStep | null;
  /** All that it sent. */
  readonly sent: Buffer;
  /** What it left unread, the chunks that it did not need included. */
  readonly rest: Buffer;
  /** The most bytes that it ever asked for at once. */
  readonly mostWanted: number;
}

/**
 * Plays a handshake from the chunks that its peer sends. A chunk comes when the handshake wants more than there is.
 * @param fin what follows the last chunk: `true`: the peer ends, so that a peek is answered with what there is; `false`: silence.
 */
export function play<T>(handshake: Handshake<T>, chunks: readonly Uint8Array[], { fin = false }: { fin?: boolean } = {}): Played<T> {
  const peer = new Peer(chunks, fin);
  const sent: Uint8Array[] = [];
  let mostWanted = 0;
  const tell = (end: Partial<Pick<Played<T>, "value" | "fault" | "waitsFor">>): Played<T> => {
    return { value: null, fault: null, waitsFor: null, ...end, sent: Buffer.concat(sent), rest: peer.rest(), mostWanted };
  };
  try {
    for (let result = handshake.next(new Uint8Array(0)); ; ) {
      if (result.done) return tell({ value: result.value });
      const step = result.value;
      if (step.op === "send") {
        sent.push(Uint8Array.from(step.bytes));
        result = handshake.next(new Uint8Array(0));
        continue;
      }
      mostWanted = Math.max(mostWanted, step.count);
      const answer = peer.answer(step);
      if (answer === null) return tell({ waitsFor: step });
      result = handshake.next(answer);
    }
  } catch (thrown) {
    if (thrown instanceof FaultError) return tell({ fault: thrown.fault });
    throw thrown;
  }
}

class Peer {
  readonly #chunks: Uint8Array[];
  readonly #fin: boolean;
  #buffer = Buffer.alloc(0);

  constructor(chunks: readonly Uint8Array[], fin: boolean) {
    this.#chunks = [...chunks];
    this.#fin = fin;
  }

  answer({ op, count }: { op: "take" | "peek"; count: number }): Uint8Array | null {
    while (this.#buffer.length < count) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) this.#buffer = Buffer.concat([this.#buffer, chunk]);
      else if (op === "peek" && this.#fin) break;
      else return null;
    }
    if (op === "peek") return this.#buffer;
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }

  rest(): Buffer {
    return Buffer.concat([this.#buffer, ...this.#chunks]);
  }
}

/** The bytes one by one. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The bytes cut after each of these lengths, as far as they go. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) break;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) chunks.push(bytes.subarray(at));
  return chunks;
}
