import type { Socket } from "node:net";
import { BareWrites } from "./bare-writes.ts";
import type { Borrower, Intake } from "./intake.ts";
import type { WordsAhead } from "./words-ahead.ts";

/** Python's TLS takes a reset for an orderly end, as it does a FIN without close_notify; a record that is none, it reports. */
const NO_RECORD = Buffer.alloc(8);
const LINGER_MS = 2000;

/** How the data of a socket is read. */
type Reads = Pick<Intake, "connect" | "lendTo" | "giveBack">;

/** Who hears a connection. Ownership moves: handshake driver, stream, splice, idle set. */
export interface ConnectionOwner {
  onData(chunk: Buffer): void;
  /** The peer's FIN: no more data. */
  onEnd(): void;
  /** Once, last. `error` is what the socket said, null after an orderly close. */
  onClose(error: Error | null): void;
  /** What was written has left our memory; only after write() returned false. */
  onDrain(): void;
}

/**
 * A socket, TCP or TLS, with one set of listeners for its whole life and one owner at a time.
 * An owner hears data, end and close in order, those that came before it took over included.
 */
export class Connection {
  readonly socket: Socket;
  /** The TCP socket: `socket` itself, or the one below its TLS. */
  readonly #wire: Socket;
  readonly #intake: Reads | null;
  /** Null: the socket is TLS. */
  readonly #bare: BareWrites | null;
  bytesIn = 0;
  bytesOut = 0;
  /** The peer has sent FIN. */
  ended = false;
  closed = false;
  /** TLS that we began on it: whether the FIN came without a close_notify, so that what was read may be cut (RFC 8446 6.1). */
  tls: { readonly truncated: boolean } | null = null;
  /** It carried what authenticates a connection: it serves one client alone until it closes. */
  bound = false;
  /** What its next owner is to begin with is out already; null: nothing is. */
  ahead: WordsAhead | null = null;
  #error: Error | null = null;
  /** The RST is under way. */
  #resetting = false;
  #owner: ConnectionOwner | null = null;
  #unread: Buffer | null = null;
  #endHeard = false;
  #closeHeard = false;

  /** With an `intake`, it brings the data instead of `data` events. */
  constructor(socket: Socket, wire: Socket = socket, intake: Reads | null = null) {
    this.socket = socket;
    this.#wire = wire;
    this.#intake = intake;
    this.#bare = "encrypted" in socket ? null : new BareWrites(socket, this.#onDrain);
    if (intake === null) socket.on("data", this.#onData);
    else intake.connect(socket, this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
    if (socket.destroyed) this.closed = true;
  }

  /** Takes over: unread bytes are told at once, and an end or a close that already came is told again. */
  own(owner: ConnectionOwner): void {
    this.#owner = owner;
    this.#endHeard = false;
    this.#closeHeard = false;
    this.#deliver();
  }

  /** Leaves the connection without an owner: what arrives is kept, at most one read of it, and reading pauses. */
  disown(): void {
    this.#owner = null;
  }

  /** Gives back bytes that the present owner did not want; the next one hears them first. */
  unread(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#unread = this.#unread === null ? buffer : Buffer.concat([buffer, this.#unread]);
  }

  /** False: wait for onDrain before writing more. Strings are latin1. */
  write(data: Buffer | string): boolean {
    if (this.ahead?.areSaidBy(data)) {
      this.ahead = null;
      return !this.awaitsRoom;
    }
    this.bytesOut += data.length;
    return this.#bare?.write(data) ?? (typeof data === "string" ? this.socket.write(data, "latin1") : this.socket.write(data));
  }

  /** Bytes of what was written that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.socket.writableLength + (this.#bare?.pendingBytes ?? 0);
  }

  /** onDrain is to come. */
  get awaitsRoom(): boolean {
    return this.socket.writableNeedDrain || (this.#bare?.pendingBytes ?? 0) > 0;
  }

  /** Writes bytes that are only lent. True: they have left; false: `returned` is called once they have. */
  writeLent(view: Buffer, returned: () => void): boolean {
    this.bytesOut += view.length;
    let left = false;
    this.socket.write(view, () => {
      if (!left) returned();
    });
    left = this.socket.writableLength === 0;
    return left;
  }

  /** Lets an owner have full reads without a copy, where the socket can; null: no more. */
  lendTo(borrower: Borrower | null): void {
    const lend: Borrower | null =
      borrower === null
        ? null
        : (view, returned) => {
            this.bytesIn += view.length;
            return borrower(view, returned);
          };
    this.#intake?.lendTo(lend);
  }

  /** Sends FIN after what was written. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    if (!this.#resetting) this.socket.destroy();
  }

  /** Ends with RST, or what does its office in TLS, so that the peer cannot take what it has for complete. */
  reset(): void {
    if (this.socket.destroyed || this.#resetting) return;
    // TLS whose TCP socket we do not have has no RST to send.
    if (this.socket.connecting || "encrypted" in this.#wire) this.socket.destroy();
    else if (this.#wire === this.socket) this.#resetWire();
    else this.#breakTls();
  }

  /** The same, once what was written has left our memory. */
  resetWhenWritten(): void {
    if (this.unsentBytes === 0) this.reset();
    else this.socket.write(Buffer.alloc(0), () => this.reset());
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (this.#unread !== null) this.#deliver();
    this.socket.resume();
  }

  /** Gives the bare socket away (to TLS): its listeners are gone, unread bytes are back in it. */
  release(): Socket {
    const { socket } = this;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    socket.off("drain", this.#onDrain);
    this.#intake?.giveBack(socket);
    socket.pause();
    if (this.#unread !== null) socket.unshift(this.#unread);
    this.#unread = null;
    this.#owner = null;
    return socket;
  }

  #deliver(): void {
    const chunk = this.#unread;
    if (chunk !== null && this.#owner !== null) {
      this.#unread = null;
      this.#owner.onData(chunk);
    }
    if (this.ended && !this.#endHeard && this.#owner !== null && this.#unread === null) {
      this.#endHeard = true;
      this.#owner.onEnd();
    }
    if (this.closed && !this.#closeHeard && this.#owner !== null) {
      this.#closeHeard = true;
      this.#owner.onClose(this.#error);
    }
    if (!this.closed && this.#owner !== null && this.socket.readableFlowing !== true) this.socket.resume();
  }

  /**
   * Node shuts a socket down before it resets it, and loses the descriptor if anything destroys it in between: a FIN that is under way,
   * a read error that comes with the same wake-up. So the reset waits for the end of this turn, and nothing of ours cuts in.
   */
  #resetWire(): void {
    const wire = this.#wire;
    this.#resetting = true;
    wire.pause();
    setImmediate(() => {
      if (wire.destroyed) return;
      if (wire.writableEnded) wire.destroy();
      else wire.resetAndDestroy();
      // What was written and is not taken would hold the reset up for ever.
      if (this.unsentBytes > 0) wire.setTimeout(LINGER_MS, () => wire.destroy());
    });
  }

  /** Behind all that is on its way, since a reset would overtake it; for no longer than the peer reads. */
  #breakTls(): void {
    if (this.#wire.writableEnded) {
      this.socket.destroy();
      return;
    }
    this.#wire.setTimeout(LINGER_MS, () => this.#wire.destroy());
    this.#wire.write(NO_RECORD);
    this.#wire.destroySoon();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.bytesIn += chunk.length;
    if (this.#owner !== null && this.#unread === null) {
      this.#owner.onData(chunk);
      return;
    }
    this.#unread = this.#unread === null ? chunk : Buffer.concat([this.#unread, chunk]);
    this.socket.pause();
  };

  readonly #onEnd = (): void => {
    this.ended = true;
    if (this.#owner === null || this.#unread !== null) return;
    this.#endHeard = true;
    this.#owner.onEnd();
  };

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
    this.destroy(); // TLS reports an error in mid-stream and would go on
  };

  readonly #onClose = (): void => {
    this.closed = true;
    if (this.#owner === null) return;
    this.#closeHeard = true;
    this.#owner.onClose(this.#error);
  };

  readonly #onDrain = (): void => {
    this.#owner?.onDrain();
  };
}
