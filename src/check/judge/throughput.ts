import { type Cipheriv, createCipheriv, createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { JudgeVoice } from "./answer.ts";
import { signPayload } from "./signature.ts";

/** So much may be asked for at once. */
export const THROUGHPUT_BYTES_MAX: number = 16 * 1024 * 1024;

/**
 * Answers with `n` bytes that nobody else can make, and nothing compress, for who wants to know how fast they come.
 * @param socket on which it was asked for
 */
export function sendBytes(search: string, { key, slowReaders }: JudgeVoice, response: ServerResponse, socket: Socket): void {
  const asked = new URLSearchParams(search);
  const n = asked.get("n") ?? "";
  const length = Math.min(/^\d{1,9}$/.test(n) ? Number(n) : 0, THROUGHPUT_BYTES_MAX);
  const nonce = asked.get("id") ?? "";
  const signature = signPayload(bytesStatement(length, NONCE.test(nonce) ? nonce : ""), key);
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "no-store, no-transform",
    "Content-Length": length,
    [SIGNATURE_FIELD]: signature,
  });
  const bytes = new SignedBytes(signature);
  let left = length;
  const send = () => {
    while (left > 0) {
      const part = bytes.next(Math.min(left, PART_BYTES_MAX));
      left -= part.length;
      if (!response.write(part)) {
        slowReaders.note(socket);
        return;
      }
    }
    response.end();
  };
  response.on("drain", send);
  // Asked for ahead, it is made when its turn comes: until then its bytes would be in our memory.
  if (response.socket === null) response.once("socket", send);
  else send();
}

const NONCE = /^[\w-]{1,128}$/;

/** The field of an answer, in lower case, with what the judge signed, from which its bytes follow. */
export const SIGNATURE_FIELD = "x-trace";

/** What is signed; no payload begins so. */
export function bytesStatement(length: number, nonce: string): string {
  return `bytes ${length} ${nonce}`;
}

/** The bytes that follow from a signature, from the first one on: whoever does not have it cannot make them up, and all who have it can. */
export class SignedBytes {
  readonly #cipher: Cipheriv;

  constructor(signature: string) {
    this.#cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(signature).digest(), COUNTER);
  }

  /** @param length at most 64 KiB */
  next(length: number): Buffer {
    return this.#cipher.update(ZEROS.subarray(0, length));
  }

  /** The next bytes are these: as many as are, one after the other. */
  countSame(seen: Buffer): number {
    for (let at = 0; at < seen.length; at += PART_BYTES_MAX) {
      const part = seen.subarray(at, at + PART_BYTES_MAX);
      const own = this.next(part.length);
      if (!own.equals(part)) return at + own.findIndex((byte, i) => byte !== part[i]);
    }
    return seen.length;
  }
}

const COUNTER = Buffer.alloc(16);
const PART_BYTES_MAX = 64 * 1024;
const ZEROS = Buffer.alloc(PART_BYTES_MAX);
