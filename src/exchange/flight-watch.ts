import type { HopFailure, Interruption } from "../core/ledger.ts";
import type { Connection } from "../net/connection.ts";
import { interruptionOf } from "../net/errno.ts";
import { type Protocol, recogniseProtocol } from "../wire/first-bytes.ts";
import { ALERT_NAMES, type ClientHelloReader, classifyServerBytes } from "../wire/tls-record.ts";

const EMPTY = Buffer.alloc(0);
/** What OpenSSL would say of bytes that are no TLS record; attribution looks at the bytes themselves. */
const NOT_TLS: Interruption = { how: "errno", code: "ERR_SSL_WRONG_VERSION_NUMBER" };

/** How long bytes of the hop that came first wait for the client's, which in TLS are on their way by then. */
const HELD_MS = 500;
const HELD_BYTES_MAX = 16 * 1024;
/** What no server says before it was spoken to. */
const ANSWERS_ONLY: ReadonlySet<Protocol> = new Set<Protocol>(["http", "http2", "socks4", "socks5"]);

/** How the watch over one hop ended. */
export type WatchEnd =
  /** The hop has the client's trust, or the client has sent what cannot be sent twice: join them as they are. */
  | {
      readonly kind: "commit";
      /** By a TLS record: the flight arrived. */
      readonly answered: boolean;
      readonly alert: string | null;
      /** Nobody has said a word. */
      readonly quiet: boolean;
      /** Since the last byte of either side. */
      readonly silentMs: number;
    }
  /** The hop broke before a byte of it went to the client, and the flight is whole: it may fly again. */
  | { readonly kind: "lost"; readonly failure: HopFailure }
  /** The client is gone. */
  | { readonly kind: "left" };

export interface WatchOptions {
  readonly client: Connection;
  readonly hop: Connection;
  readonly flight: ClientHelloReader;
  /** Of the target on the route. */
  readonly hopNumber: number;
  readonly tlsMs: number;
  /** How long nobody need say a word. */
  readonly idleMs: number;
  /** The client's flight is not whole after `tlsMs`. */
  readonly onSilence: () => void;
  readonly now: () => number;
}

/**
 * Watches a fresh tunnel until it is clear whether the client's first flight arrived. The flight goes out as it comes in; what the hop
 * answers is held back until it is known to be TLS.
 */
export function watchFlight(options: WatchOptions): Promise<WatchEnd> {
  return new Promise((resolve) => new FlightWatch(options, resolve).start());
}

class FlightWatch {
  readonly #options: WatchOptions;
  readonly #resolve: (end: WatchEnd) => void;
  readonly #startedAt: number;
  #state: "more" | "complete";
  #fromHop: Buffer = EMPTY;
  /** The hop is gone; the flight is not whole yet. */
  #interruption: Interruption | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Until the client's flight is whole. */
  #silence: NodeJS.Timeout | undefined;
  #done = false;
  #lastByteAt: number;

  constructor(options: WatchOptions, resolve: (end: WatchEnd) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#startedAt = options.now();
    this.#lastByteAt = this.#startedAt;
    this.#state = options.flight.push(EMPTY) === "complete" ? "complete" : "more";
  }

  start(): void {
    const { client, hop, flight } = this.#options;
    if (flight.bytes.length > 0) hop.write(flight.bytes);
    if (this.#state === "complete") this.#expectAnswer();
    else this.#expectClient();
    hop.own({ onData: this.#onHopData, onEnd: () => this.#onHopGone({ how: "closed" }), onClose: this.#onHopClose, onDrain() {} });
    if (!this.#done)
      client.own({ onData: this.#onClientData, onEnd: () => this.#commit(), onClose: () => this.#end({ kind: "left" }), onDrain() {} });
  }

  readonly #onClientData = (chunk: Buffer): void => {
    const { flight, hop, client, now } = this.#options;
    this.#lastByteAt = now();
    const state = flight.push(chunk);
    if (state === "other" && this.#interruption !== null) {
      // Nobody is left to send it to, and it must not be sent to another.
      this.#end({ kind: "left" });
      client.reset();
    } else if (state === "other") {
      client.unread(chunk);
      this.#end({ kind: "commit", answered: false, alert: null, quiet: false, silentMs: 0 });
    } else {
      if (this.#interruption === null) hop.write(chunk);
      this.#state = state;
      if (state === "complete") this.#expectAnswer();
    }
  };

  readonly #onHopData = (chunk: Buffer): void => {
    this.#lastByteAt = this.#options.now();
    this.#fromHop = Buffer.concat([this.#fromHop, chunk]);
    if (this.#state === "complete") this.#judgeAnswer();
    else this.#hold();
  };

  #judgeAnswer(): void {
    const { kind, alert } = classifyServerBytes(this.#fromHop);
    if (kind === "more") return;
    if (kind === "not-tls") this.#lose(NOT_TLS);
    else {
      const told = alert === undefined ? null : `alert ${alert.code} (${ALERT_NAMES[alert.code] ?? "unassigned"})`;
      this.#end({ kind: "commit", answered: true, alert: told, quiet: false, silentMs: 0 });
    }
  }

  /**
   * Bytes ahead of a whole ClientHello: a server that speaks first, or an exit's own page in the place of the tunnel. A greeting that we
   * know is passed on at once, other bytes if no ClientHello comes to tell the two apart.
   */
  #hold(): void {
    const protocol = recogniseProtocol(this.#fromHop);
    if ((protocol !== null && !ANSWERS_ONLY.has(protocol)) || classifyServerBytes(this.#fromHop).kind !== "not-tls") {
      this.#commit();
      return;
    }
    if (this.#fromHop.length >= HELD_BYTES_MAX) this.#options.hop.pause();
    this.#timer ??= setTimeout(() => this.#commit(), HELD_MS);
  }

  readonly #onHopClose = (error: Error | null): void => this.#onHopGone(error === null ? { how: "closed" } : interruptionOf(error));

  #onHopGone(interruption: Interruption): void {
    if (this.#state === "complete") this.#lose(interruption);
    else if (this.#interruption === null) {
      this.#interruption = interruption;
      // The client has yet to send its flight, or the rest of it: without one the end is passed on.
      this.#timer ??= setTimeout(() => this.#commit(), this.#options.tlsMs);
    }
  }

  /** Browsers open tunnels that they may come to need. */
  #expectClient(): void {
    const { tlsMs, idleMs, onSilence } = this.#options;
    const firstMs = Math.min(tlsMs, idleMs);
    this.#silence = setTimeout(() => {
      onSilence();
      this.#silence = setTimeout(() => this.#commit(), idleMs - firstMs);
    }, firstMs);
  }

  #expectAnswer(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    if (this.#fromHop.length > 0) this.#lose(NOT_TLS);
    else if (this.#interruption !== null) this.#lose(this.#interruption);
    else this.#timer = setTimeout(() => this.#lose({ how: "timeout", afterMs: this.#options.tlsMs }), this.#options.tlsMs);
  }

  #lose(interruption: Interruption): void {
    const { flight, hopNumber, now } = this.#options;
    const seen = {
      stage: "tls",
      role: "target",
      hop: hopNumber,
      reused: false,
      bytesOut: flight.bytes.length,
      bytesIn: this.#fromHop.length,
      firstBytes: this.#fromHop.subarray(0, 64),
      elapsedMs: now() - this.#startedAt,
    } as const;
    this.#end({ kind: "lost", failure: { kind: "interrupted", interruption, seen } });
    this.#options.hop.destroy();
  }

  /** Joins both as they are, though no answer to a flight was seen. */
  #commit(): void {
    const quiet = this.#fromHop.length === 0 && this.#options.flight.bytes.length === 0;
    const silentMs = this.#options.now() - this.#lastByteAt;
    this.#end({ kind: "commit", answered: false, alert: null, quiet, silentMs });
  }

  #end(end: WatchEnd): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#options.client.disown();
    this.#options.hop.disown();
    this.#options.hop.unread(this.#fromHop);
    this.#resolve(end);
  }
}
