import type { Connection, ConnectionOwner } from "./connection.ts";

/** How a tunnel ended. `side` is the one that ended it; null: both sent their FIN. */
export interface SpliceEnd {
  readonly how: "closed" | "reset" | "idle";
  readonly side: "client" | "hop" | null;
  readonly bytesFromClient: number;
  readonly bytesFromHop: number;
}

export interface SpliceOptions {
  readonly idleMs: number;
  /** The same once the client has sent its FIN: a hop that never closes its half must not keep the tunnel. */
  readonly halfClosedMs: number;
  /** How long nothing has passed already. */
  readonly silentMs: number;
  /** The first byte from the hop; null: nobody wants to know. */
  readonly onAnswer: (() => void) | null;
}

/**
 * Joins two connections until both directions have ended. A FIN passes as a FIN, so a half-closed side can go on receiving;
 * a reset, or a side that is gone, ends both; silence in both directions for `idleMs`, and at most an eighth more, resets both.
 *
 *     client <=> hop
 */
export function splice(client: Connection, hop: Connection, options: SpliceOptions): Promise<SpliceEnd> {
  return new Promise((resolve) => new Splice(client, hop, options, resolve).start());
}

class Splice {
  readonly #client: Connection;
  readonly #hop: Connection;
  readonly #options: SpliceOptions;
  readonly #resolve: (end: SpliceEnd) => void;
  readonly #clientBytes: number;
  readonly #hopBytes: number;
  #bytesSeen = 0;
  #quietLooks = 0;
  #timer: NodeJS.Timeout | undefined;
  #done = false;

  constructor(client: Connection, hop: Connection, options: SpliceOptions, resolve: (end: SpliceEnd) => void) {
    this.#client = client;
    this.#hop = hop;
    this.#options = options;
    this.#resolve = resolve;
    this.#clientBytes = client.bytesIn;
    this.#hopBytes = hop.bytesIn;
  }

  start(): void {
    this.#watch(this.#options.idleMs, this.#options.silentMs);
    this.#hop.lendTo((view, returned) => this.#client.writeLent(view, returned));
    this.#hop.own(new Side(this, this.#hop, this.#client, this.#options.onAnswer));
    if (!this.#done) this.#client.own(new Side(this, this.#client, this.#hop, null));
  }

  /** A side has sent its FIN: it passes on, and the other direction may go on. */
  onSideEnd({ from, to }: Side): void {
    to.end();
    if (from === this.#client) this.#watch(Math.min(this.#options.idleMs, this.#options.halfClosedMs), 0);
    if (to.ended) this.#finish("closed", null);
  }

  onSideClosed({ from, to }: Side, error: Error | null): void {
    const name = from === this.#client ? "client" : "hop";
    if (error !== null) this.#finish("reset", name);
    // Closed in order, but the other direction was still open: its bytes have nowhere to go.
    else if (!(from.ended && to.ended)) this.#finish(from.ended ? "closed" : "reset", name);
  }

  /** Looks a few times per limit: a timer that no chunk touches costs nothing per chunk. */
  #watch(idleMs: number, silentMs: number): void {
    clearInterval(this.#timer);
    const everyMs = Math.max(1, Math.ceil(idleMs / LOOKS));
    this.#bytesSeen = this.#client.bytesIn + this.#hop.bytesIn;
    this.#quietLooks = Math.floor(silentMs / everyMs);
    this.#timer = setInterval(this.#look, everyMs);
  }

  readonly #look = (): void => {
    const bytes = this.#client.bytesIn + this.#hop.bytesIn;
    this.#quietLooks = bytes === this.#bytesSeen ? this.#quietLooks + 1 : 0;
    this.#bytesSeen = bytes;
    if (this.#quietLooks >= LOOKS) this.#finish("idle", null);
  };

  #finish(how: SpliceEnd["how"], side: SpliceEnd["side"]): void {
    if (this.#done) return;
    this.#done = true;
    clearInterval(this.#timer);
    this.#hop.lendTo(null);
    if (how !== "closed") {
      this.#client.reset();
      this.#hop.reset();
    } else {
      closeAfterFlush(this.#client);
      closeAfterFlush(this.#hop);
    }
    this.#resolve({
      how,
      side,
      bytesFromClient: this.#client.bytesIn - this.#clientBytes,
      bytesFromHop: this.#hop.bytesIn - this.#hopBytes,
    });
  }
}

/** One direction: what `from` brings goes to `to`. */
class Side implements ConnectionOwner {
  readonly from: Connection;
  readonly to: Connection;
  readonly #splice: Splice;
  #onFirst: (() => void) | null;

  constructor(splice: Splice, from: Connection, to: Connection, onFirst: (() => void) | null) {
    this.#splice = splice;
    this.#onFirst = onFirst;
    this.from = from;
    this.to = to;
  }

  /** The first bytes always come here, whatever is lent later. */
  onData(chunk: Buffer): void {
    if (this.#onFirst !== null) {
      this.#onFirst();
      this.#onFirst = null;
    }
    if (!this.to.write(chunk)) this.from.pause();
  }

  onDrain(): void {
    this.to.resume();
  }

  onEnd(): void {
    this.#splice.onSideEnd(this);
  }

  onClose(error: Error | null): void {
    this.#splice.onSideClosed(this, error);
  }
}

/**
 * The tunnel is over: a side that has not ended is reset, since nobody listens to it any more; one that has gets its last bytes and
 * closes by itself, or is given up if it reads nothing.
 */
function closeAfterFlush(connection: Connection): void {
  if (connection.closed) return;
  if (!connection.ended) {
    connection.reset();
    return;
  }
  connection.own(FLUSHING);
  connection.end(); // where both sides had ended before they were joined, nobody has said so yet
  if (connection.unsentBytes > 0) connection.socket.setTimeout(FLUSH_MS, () => connection.reset());
}

/** In each idle limit: a byte that came just after a look is noticed by the next. */
const LOOKS = 8;
const FLUSH_MS = 10_000;
const FLUSHING: ConnectionOwner = { onData() {}, onEnd() {}, onClose() {}, onDrain() {} };
