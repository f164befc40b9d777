import type { Clock } from "../core/clock.ts";
import type { Fault } from "../core/fault.ts";
import { FaultError } from "../core/fault.ts";
import type { Interruption } from "../core/ledger.ts";
import type { Handshake, HandshakeStep } from "../wire/handshake.ts";
import type { CancelSignal } from "./cancellation.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { interruptionOf } from "./errno.ts";
import { withFirstOf } from "./first-bytes.ts";

export interface DriveOptions {
  readonly timeoutMs: number;
  readonly signal: CancelSignal | null;
  readonly clock: Clock;
}

/** What the handshake's bytes were, for attribution. */
interface DriveTrace {
  bytesIn: number;
  bytesOut: number;
  firstBytes: Uint8Array;
  elapsedMs: number;
}

export type Driven<T> =
  | { readonly kind: "done"; readonly value: T; readonly trace: DriveTrace }
  | { readonly kind: "interrupted"; readonly interruption: Interruption; readonly trace: DriveTrace }
  | { readonly kind: "fault"; readonly fault: Fault; readonly trace: DriveTrace };

/**
 * Runs a handshake on a connection: sends what it sends, feeds what it asks for, bounds the whole by a deadline, and leaves bytes
 * beyond its end unread for the next owner. The connection stays open whatever happens: its caller decides.
 */
export function drive<T>(connection: Connection, handshake: Handshake<T>, options: DriveOptions): Promise<Driven<T>> {
  return new Promise((resolve, reject) => new Driver(connection, handshake, options, resolve, reject).start());
}

class Driver<T> implements ConnectionOwner {
  readonly #connection: Connection;
  readonly #handshake: Handshake<T>;
  readonly #options: DriveOptions;
  readonly #resolve: (driven: Driven<T>) => void;
  readonly #reject: (bug: unknown) => void;
  readonly #startedAt: number;
  readonly #trace: DriveTrace = { bytesIn: 0, bytesOut: 0, firstBytes: new Uint8Array(0), elapsedMs: 0 };
  #buffer: Buffer = Buffer.alloc(0);
  #wanted: HandshakeStep | null = null;
  #peerEnded = false;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    handshake: Handshake<T>,
    options: DriveOptions,
    resolve: (driven: Driven<T>) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#connection = connection;
    this.#handshake = handshake;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startedAt = connection.ahead?.at ?? options.clock.now();
  }

  start(): void {
    const { signal, timeoutMs } = this.#options;
    if (signal?.aborted) {
      this.#interrupt({ how: "left" });
      return;
    }
    this.#timer = setTimeout(this.#onTimeout, Math.max(timeoutMs, 1));
    signal?.addEventListener("abort", this.#onAbort);
    this.#step(new Uint8Array(0));
    if (!this.#settled) this.#connection.own(this);
  }

  onData(chunk: Buffer): void {
    this.#trace.bytesIn += chunk.length;
    this.#trace.firstBytes = withFirstOf(this.#trace.firstBytes, chunk);
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    this.#feed();
  }

  onEnd(): void {
    this.#peerEnded = true;
    this.#feed();
    this.#interrupt({ how: "closed" });
  }

  onClose(error: Error | null): void {
    // A reply that was cut off by a reset is still what there is.
    this.#answerShort();
    this.#interrupt(error === null ? { how: "closed" } : interruptionOf(error));
  }

  onDrain(): void {}

  readonly #onTimeout = (): void => {
    // A reply that is there but not whole (a refusal whose body never ends) is better evidence than a timeout.
    this.#answerShort();
    this.#interrupt({ how: "timeout", afterMs: Math.round(this.#options.clock.now() - this.#startedAt) });
  };

  readonly #onAbort = (): void => this.#interrupt({ how: "left" });

  /** A peek gets what there is; where it waits for a while only, that may be nothing. */
  readonly #answerShort = (): void => {
    if (this.#wanted?.op !== "peek" || (this.#buffer.length === 0 && this.#wanted.graceMs === undefined)) return;
    this.#peerEnded = true;
    this.#feed();
  };

  /** Answers the step that the handshake waits for, as often as the buffer allows. */
  #feed(): void {
    while (!this.#settled && this.#wanted !== null && this.#wanted.op !== "send") {
      const { op, count } = this.#wanted;
      const enough = this.#buffer.length >= count;
      if (!enough && !(op === "peek" && this.#peerEnded)) return;
      const answer = op === "take" ? this.#buffer.subarray(0, count) : this.#buffer;
      if (op === "take") this.#buffer = this.#buffer.subarray(count);
      const shortPeek = op === "peek" && !enough;
      this.#step(answer);
      // The peer is gone and the handshake peeks on for what cannot come.
      if (shortPeek && this.#wanted?.op === "peek" && this.#wanted.count > this.#buffer.length) return;
    }
  }

  #step(answer: Uint8Array): void {
    try {
      let result = this.#handshake.next(answer);
      while (!result.done && result.value.op === "send") {
        this.#trace.bytesOut += result.value.bytes.length;
        this.#connection.write(Buffer.from(result.value.bytes));
        result = this.#handshake.next(new Uint8Array(0));
      }
      if (result.done) {
        const { value } = result;
        this.#settle(() => this.#resolve({ kind: "done", value, trace: this.#trace }));
      } else {
        this.#wanted = result.value;
        clearTimeout(this.#grace);
        if (result.value.op === "peek" && result.value.graceMs !== undefined)
          this.#grace = setTimeout(this.#answerShort, result.value.graceMs);
      }
    } catch (thrown) {
      if (thrown instanceof FaultError) {
        const { fault } = thrown;
        this.#settle(() => this.#resolve({ kind: "fault", fault, trace: this.#trace }));
      } else {
        this.#settle(() => this.#reject(thrown));
      }
    }
  }

  #interrupt(interruption: Interruption): void {
    this.#settle(() => this.#resolve({ kind: "interrupted", interruption, trace: this.#trace }));
  }

  #settle(tell: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#wanted = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#trace.elapsedMs = this.#options.clock.now() - this.#startedAt;
    this.#connection.disown();
    this.#connection.unread(this.#buffer);
    tell();
  }
}
