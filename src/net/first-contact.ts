import type { HostPort } from "../core/address.ts";
import { roundMs } from "../core/clock.ts";
import type { HopFailure, Interruption, Observation, StageTimes } from "../core/ledger.ts";
import type { TcpOutcome } from "./connect-tcp.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { ATTEMPT_DELAY_MS, NOTHING_SEEN } from "./dial.ts";
import type { DialOptions } from "./dial-options.ts";
import { WordsAhead } from "./words-ahead.ts";

export interface FirstContactOptions extends Pick<DialOptions, "connectTcp" | "clock" | "signal" | "deadline"> {
  /** For TCP, in milliseconds. */
  readonly timeoutMs: number;
  /** What the words begin: a handshake with the hop for a tunnel, or a request that it answers itself. */
  readonly stage: "handshake" | "head";
}

/** A hop that has been spoken to. */
export interface Heard {
  readonly kind: "heard";
  /** Said ahead is what it was told; what it answered, or that it closed, is still to be heard. */
  readonly connection: Connection;
  /** As it was dialled. */
  readonly address: string;
  /** Before the first SYN, on the clock. */
  readonly startedAt: number;
  /** How long TCP took. */
  readonly connectMs: number;
}

export type FirstContact = Heard | { readonly kind: "failed"; readonly failure: HopFailure; readonly ms: StageTimes };

/**
 * Opens TCP to the first hop, says the first words of a protocol, and waits until anything comes back. A small thing, for thousands that never
 * answer are waited for at once: all that understands an answer is made once there is one (`dial`, `ask`), and begins with these words.
 *
 * @param hop an IP address
 * @param words latin1, asked for once TCP is open
 */
export function makeFirstContact(hop: HostPort, words: () => string, options: FirstContactOptions): Promise<FirstContact> {
  return new Promise((resolve, reject) => new Contacting(hop, words, options, resolve, reject).start());
}

class Contacting implements ConnectionOwner {
  readonly #hop: HostPort;
  readonly #words: () => string;
  readonly #options: FirstContactOptions;
  readonly #resolve: (outcome: FirstContact) => void;
  readonly #reject: (bug: unknown) => void;
  readonly #startedAt: number;
  #address = "";
  #connectMs = 0;
  #spokeAt = 0;
  #connection: Connection | null = null;
  #deadline: NodeJS.Timeout | NodeJS.Immediate | undefined;

  constructor(
    hop: HostPort,
    words: () => string,
    options: FirstContactOptions,
    resolve: (outcome: FirstContact) => void,
    reject: (bug: unknown) => void,
  ) {
    this.#hop = hop;
    this.#words = words;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startedAt = options.clock.now();
  }

  start(): void {
    const { connectTcp, signal } = this.#options;
    const { host, port } = this.#hop;
    connectTcp([host], port, {
      timeoutMs: Math.min(this.#options.timeoutMs, this.#leftMs()),
      attemptDelayMs: ATTEMPT_DELAY_MS,
      signal,
    })
      .then((outcome) => this.#speak(outcome))
      .catch(this.#reject);
  }

  // What comes is for who understands it.
  onData(chunk: Buffer): void {
    const connection = this.#release();
    connection.unread(chunk);
    this.#tellHeard(connection);
  }

  onEnd(): void {
    this.#tellHeard(this.#release());
  }

  onClose(): void {
    this.#tellHeard(this.#release());
  }

  onDrain(): void {}

  #speak(outcome: TcpOutcome): void {
    const { clock, signal } = this.#options;
    this.#spokeAt = clock.now();
    this.#connectMs = this.#spokeAt - this.#startedAt;
    this.#address = outcome.address;
    if ("interruption" in outcome) {
      const seen: Observation = { ...NOTHING_SEEN, stage: "connect", role: "exit", hop: 1, elapsedMs: this.#connectMs };
      this.#fail(outcome.interruption, seen);
      return;
    }
    const connection = new Connection(outcome.socket, outcome.socket, outcome.intake);
    this.#connection = connection;
    // Between the end of the dial and this turn nobody listened.
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    this.#begin(connection);
    this.#deadline = setTimeout(this.#onDeadline, this.#leftMs());
    signal?.addEventListener("abort", this.#onAbort);
    connection.own(this);
  }

  #begin(connection: Connection): void {
    try {
      const words = this.#words();
      connection.write(words);
      connection.ahead = new WordsAhead(words, this.#spokeAt);
    } catch (bug) {
      connection.destroy();
      throw bug;
    }
  }

  // One turn of the event loop later, so that an answer that came while this process was busy counts.
  readonly #onDeadline = (): void => {
    this.#deadline = setImmediate(() => this.#giveUp({ how: "timeout", afterMs: Math.round(this.#options.clock.now() - this.#spokeAt) }));
  };

  readonly #onAbort = (): void => this.#giveUp({ how: "left" });

  #giveUp(interruption: Interruption): void {
    const { stage, clock } = this.#options;
    const connection = this.#release();
    connection.destroy();
    const elapsedMs = clock.now() - this.#spokeAt;
    this.#fail(interruption, { ...NOTHING_SEEN, stage, role: "exit", hop: 1, bytesOut: connection.bytesOut, elapsedMs });
  }

  #fail(interruption: Interruption, seen: Observation): void {
    const handshake = seen.stage === "handshake" ? { handshake: roundMs(seen.elapsedMs) } : {};
    this.#resolve({
      kind: "failed",
      failure: { kind: "interrupted", interruption, seen },
      ms: { connect: roundMs(this.#connectMs), ...handshake },
    });
  }

  #release(): Connection {
    const connection = this.#connection as Connection;
    clearTimeout(this.#deadline as NodeJS.Timeout);
    clearImmediate(this.#deadline as NodeJS.Immediate);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    connection.disown();
    return connection;
  }

  #tellHeard(connection: Connection): void {
    this.#resolve({ kind: "heard", connection, address: this.#address, startedAt: this.#startedAt, connectMs: this.#connectMs });
  }

  #leftMs(): number {
    return Math.max(1, this.#options.deadline - this.#options.clock.now());
  }
}
