import type { Fault } from "../core/fault.ts";
import { FaultError, fault } from "../core/fault.ts";
import type { Framing, RawFields } from "../core/message.ts";
import type { MessageLimits } from "../core/settings.ts";
import { BodyReader } from "../wire/http1/body-reader.ts";

/** Who takes a request's body. */
export interface BodySink {
  /** False: call resume() when there is room for more. */
  onSlice(slice: Buffer): boolean;
  onComplete(trailers: RawFields | null): void;
}

/** What carries the body: pausing it is how backpressure reaches the client. */
export interface BodyCarrier {
  pause(): void;
  resume(): void;
}

/** Who hears that the body broke. */
export interface BodyObserver {
  onBodyFault(fault: Fault): void;
}

const NOBODY: BodySink = { onSlice: () => false, onComplete() {} };

/** A request's body on its way in. Nothing is read from the client until somebody takes it. */
export class RequestBody {
  readonly framing: Framing;
  /** All of it has arrived. */
  done: boolean;
  readonly #reader: BodyReader | null;
  readonly #carrier: BodyCarrier;
  readonly #observer: BodyObserver;
  #sink: BodySink = NOBODY;
  #taken = false;
  #paused = false;
  #held: Buffer | null = null;

  constructor(framing: Framing, limits: MessageLimits, carrier: BodyCarrier, observer: BodyObserver) {
    this.framing = framing;
    this.done = framing.kind === "none" || (framing.kind === "length" && framing.length === 0);
    this.#reader = this.done ? null : new BodyReader(framing, limits, "request");
    this.#carrier = carrier;
    this.#observer = observer;
  }

  /** Whether the body is being read: a client that stops sending now is late. */
  get flowing(): boolean {
    return this.#taken && !this.#paused && !this.done;
  }

  /** Slices go to `sink` from here on. Complete bodies call onComplete at once. */
  take(sink: BodySink): void {
    this.#sink = sink;
    this.#taken = true;
    if (this.done && this.#held === null) sink.onComplete(this.#reader?.trailers ?? null);
    else this.resume();
  }

  /** Nobody takes slices for now: the client is paused. */
  stop(): void {
    this.#sink = NOBODY;
    this.#taken = false;
    if (!this.done) this.#carrier.pause();
  }

  resume(): void {
    this.#paused = false;
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#leftover(this.push(held));
    if (!this.#paused && !this.done) this.#carrier.resume();
  }

  /** Reads a chunk of the connection; returns what lies beyond the body, or null. */
  push(chunk: Buffer): Buffer | null {
    if (this.#reader === null) return chunk;
    if (!this.#taken || this.#paused) {
      this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
      this.#carrier.pause();
      return null;
    }
    return this.#read(this.#reader, chunk);
  }

  /** Set by the connection: where bytes go that were held here and belong to the next request. */
  onLeftover: ((chunk: Buffer) => void) | null = null;

  /** The client's FIN in the middle of the body. */
  interrupted(): void {
    if (!this.done)
      this.#observer.onBodyFault(fault("client.closed_during_request", "the client closed before its request's body was complete"));
  }

  #read(reader: BodyReader, chunk: Buffer): Buffer | null {
    try {
      const end = reader.read(chunk, 0, (slice) => this.#pass(slice));
      if (!reader.done) return null;
      this.done = true;
      this.#sink.onComplete(reader.trailers);
      return end < chunk.length ? chunk.subarray(end) : null;
    } catch (thrown) {
      if (!(thrown instanceof FaultError)) throw thrown;
      this.#observer.onBodyFault(thrown.fault);
      return null;
    }
  }

  #pass(slice: Buffer): void {
    if (this.#sink.onSlice(slice) || this.#paused) return;
    this.#paused = true;
    this.#carrier.pause();
  }

  #leftover(chunk: Buffer | null): void {
    if (chunk !== null) this.onLeftover?.(chunk);
  }
}
