import type { Socket } from "node:net";
import { askForBuffers, copyOfRead, SHARED } from "./shared-reads.ts";

/** Of a buffer that is lent. Larger ones save calls into the kernel, up to what fits its own socket buffers. */
const LENT_BYTES = 256 * 1024;
const LENT_MAX = 2;
/** Lent buffers that wait for another user, in all. */
const SPARE_MAX = 64;
const spare: Buffer[] = [];

/** Takes bytes that are only lent: writes them on, and says whether they have left already; else calls `returned` once they have. */
export type Borrower = (view: Buffer, returned: () => void) => boolean;

/**
 * Where the reads of a socket go that we dial: instead of a new buffer for each read, into one that all such sockets share, from which
 * the chunk is copied; and while a splice passes on a full stream, into two larger buffers of its own that are never copied, and are
 * read into again only after their bytes have left.
 */
export class Intake {
  /** For `net.connect`. */
  readonly onread: { buffer: () => Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean };
  #receive: (chunk: Buffer) => unknown = () => {};
  #borrower: Borrower | null = null;
  #socket: Socket | null = null;
  /** What the next read goes into. */
  #next: Buffer = SHARED;
  #own: Buffer[] = [];
  /** Own buffers whose bytes have not left yet, the oldest first. */
  readonly #lent: Buffer[] = [];
  #waits = false;

  constructor() {
    this.onread = { buffer: () => this.#next, callback: (bytes, buffer) => this.#take(bytes, buffer as Buffer) };
  }

  /** Chunks go to `receive` from here on. */
  connect(socket: Socket, receive: (chunk: Buffer) => void): void {
    this.#socket = socket;
    this.#receive = receive;
    askForBuffers(socket, null);
  }

  /** Nobody receives chunks any more: the socket is the stream that others make of it, TLS above all. */
  giveBack(socket: Socket): void {
    this.lendTo(null);
    this.#receive = (chunk) => socket.push(chunk);
  }

  /** Lets a splice borrow what fills a whole read; null: no more. */
  lendTo(borrower: Borrower | null): void {
    this.#borrower = borrower;
    if (borrower !== null && this.#socket !== null) askForBuffers(this.#socket, this.onread.buffer);
  }

  #take(bytes: number, buffer: Buffer): boolean {
    if (buffer === SHARED) {
      // A full read is the sign of a stream that keeps coming.
      if (bytes === SHARED.length && this.#borrower !== null) this.#next = this.#ownBuffer();
      return this.#receive(copyOfRead(buffer, bytes)) !== false;
    }
    if (this.#borrower === null) {
      this.#next = SHARED;
      return this.#receive(copyOfRead(buffer, bytes)) !== false;
    }
    if (!this.#borrower(buffer.subarray(0, bytes), this.#returned)) this.#lent.push(buffer);
    return this.#readOn(bytes);
  }

  /** Chooses the next buffer; false: there is none until one has come back. */
  #readOn(bytes: number): boolean {
    const free = this.#own.find((buffer) => !this.#lent.includes(buffer));
    if (free === undefined && this.#own.length === LENT_MAX) {
      this.#next = this.#lent[0] as Buffer;
      this.#waits = true;
      return false;
    }
    if (this.#lent.length === 0 && bytes < LENT_BYTES / 2) this.#goBack();
    else this.#next = free ?? this.#ownBuffer();
    return true;
  }

  /** The stream has thinned out: the buffers are for others. */
  #goBack(): void {
    this.#next = SHARED;
    for (const buffer of this.#own) if (spare.length < SPARE_MAX) spare.push(buffer);
    this.#own = [];
  }

  #ownBuffer(): Buffer {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(LENT_BYTES);
    this.#own.push(buffer);
    return buffer;
  }

  readonly #returned = (): void => {
    this.#lent.shift();
    if (!this.#waits) return;
    this.#waits = false;
    this.#socket?.resume();
  };
}
