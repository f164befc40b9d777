import { connect, isIP, isIPv6, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Interruption } from "../core/ledger.ts";
import type { CancelSignal } from "./cancellation.ts";
import { interruptionOf } from "./errno.ts";
import { Intake } from "./intake.ts";
import { interfaceAddresses } from "./interface-addresses.ts";

export interface TcpOptions {
  /** For all addresses together. */
  readonly timeoutMs: number;
  /** Head start of an address before the next one is tried beside it (RFC 8305 section 5 recommends 250). */
  readonly attemptDelayMs: number;
  /** Ends the attempt as `left`. */
  readonly signal: CancelSignal | null;
}

interface TcpFailure {
  readonly interruption: Interruption;
  /** The address that the interruption is about. */
  readonly address: string;
}

interface TcpOpened {
  readonly socket: Socket;
  readonly address: string;
  /** Where its reads go, instead of `data` events. */
  readonly intake: Intake;
}

export type TcpOutcome = TcpOpened | TcpFailure;

/**
 * Opens a TCP connection to the first of `addresses` that accepts one: happy eyeballs as in RFC 8305 section 5, except that an
 * address is never given up because the next one has started, so that a slow link is not taken for a dead one.
 *
 *     address 1  SYN ------------------------ no answer
 *     address 2       SYN -- RST                          -> the next one starts at once
 *     address 3              SYN -- SYN,ACK               -> wins; every other socket is destroyed
 *
 * The socket comes back paused, so that no byte, FIN or RST is taken from it before its owner reads (call `resume()`), with
 * `allowHalfOpen` and `noDelay`, and with one `error` listener that does nothing: an error that comes before the owner listens
 * must not end the process. If no address accepts, the failure is the one that tells most about the hop.
 *
 * @param addresses IP addresses in order of preference, at least one; names throw, nothing is looked up here
 */
export function connectTcp(addresses: readonly string[], port: number, options: TcpOptions): Promise<TcpOutcome> {
  return new Promise((resolve) => new Race(addresses, port, options, resolve).start());
}

class Race {
  readonly #addresses: readonly string[];
  readonly #port: number;
  readonly #options: TcpOptions;
  readonly #resolve: (outcome: TcpOutcome) => void;
  readonly #startedAt = performance.now();
  readonly #pending = new Map<Socket, string>();
  readonly #failures: TcpFailure[] = [];
  #next = 0;
  #deadline: NodeJS.Timeout | undefined;
  #headStart: NodeJS.Timeout | undefined;
  #lastTurn: NodeJS.Immediate | undefined;

  constructor(addresses: readonly string[], port: number, options: TcpOptions, resolve: (outcome: TcpOutcome) => void) {
    if (addresses.length === 0) throw new RangeError("connectTcp needs an address");
    for (const address of addresses) if (isIP(address) === 0) throw new TypeError(`connectTcp takes IP addresses, not "${address}"`);
    this.#addresses = addresses;
    this.#port = port;
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    const { signal, timeoutMs } = this.#options;
    if (signal?.aborted) {
      this.#leave();
      return;
    }
    signal?.addEventListener("abort", this.#leave);
    this.#deadline = setTimeout(this.#expire, timeoutMs);
    this.#tryNext();
  }

  readonly #tryNext = (): void => {
    const address = this.#addresses[this.#next++] as string;
    const intake = new Intake();
    const socket = connect({
      onread: intake.onread,
      host: address,
      port: this.#port,
      autoSelectFamily: false,
      allowHalfOpen: true,
      noDelay: true,
    });
    socket.pause(); // else Node reads as soon as it is connected
    this.#pending.set(socket, address);
    const onError = (error: Error): void => this.#lose(socket, address, this.#interruption(error, address));
    socket.once("connect", () => {
      if (!this.#win(socket, address, intake)) return;
      socket.on("error", ignore).off("error", onError); // which holds on to this race
    });
    socket.on("error", onError);
    if (this.#next < this.#addresses.length) this.#headStart = setTimeout(this.#tryNext, this.#options.attemptDelayMs);
  };

  /** False: it was of no use, or too late. */
  #win(socket: Socket, address: string, intake: Intake): boolean {
    if (isSelfConnected(socket, address, this.#port)) this.#lose(socket, address, { how: "errno", code: "ECONNREFUSED" });
    else if (this.#pending.delete(socket)) {
      this.#settle({ socket, address, intake });
      return true;
    }
    return false;
  }

  #lose(socket: Socket, address: string, interruption: Interruption): void {
    if (!this.#pending.delete(socket)) return;
    socket.destroy();
    this.#failures.push({ interruption, address });
    clearTimeout(this.#headStart);
    if (this.#next < this.#addresses.length) this.#tryNext();
    else if (this.#pending.size === 0) this.#settle(mostTelling(this.#failures));
  }

  // One turn of the event loop later, so that an answer that came while this process was busy counts.
  readonly #expire = (): void => {
    this.#lastTurn = setImmediate(() => this.#giveUp());
  };

  #giveUp(): void {
    for (const address of this.#pending.values()) this.#failures.push({ interruption: this.#timeout(), address });
    this.#settle(mostTelling(this.#failures));
  }

  readonly #leave = (): void => {
    const [address] = this.#pending.values();
    this.#settle({ interruption: { how: "left" }, address: address ?? (this.#addresses[0] as string) });
  };

  #settle(outcome: TcpOutcome): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#headStart);
    clearImmediate(this.#lastTurn);
    this.#options.signal?.removeEventListener("abort", this.#leave);
    for (const socket of this.#pending.keys()) socket.destroy(); // each keeps its error listener, which finds it gone
    this.#pending.clear();
    this.#resolve(outcome);
  }

  #interruption(error: Error, address: string): Interruption {
    const interruption = interruptionOf(error);
    if (interruption.how !== "errno") return interruption;
    // The kernel's own patience ended before ours.
    if (interruption.code === "ETIMEDOUT") return this.#timeout();
    // Else it would mean that source ports have run out.
    if (interruption.code === "EADDRNOTAVAIL" && isIPv6(address) && !speaksIpv6()) return { how: "errno", code: "ENETUNREACH" };
    return interruption;
  }

  #timeout(): Interruption {
    return { how: "timeout", afterMs: Math.round(performance.now() - this.#startedAt) };
  }
}

/**
 * A dial to a closed port of this machine can be given that same port as its source, and TCP then connects it to itself
 * (RFC 9293 section 3.5, simultaneous open). Nobody listens there.
 */
function isSelfConnected(socket: Socket, address: string, port: number): boolean {
  return port >= EPHEMERAL_MIN && socket.localPort === port && socket.localAddress === address;
}

/** No system gives lower ports to dials than this, and asking the socket for its own costs a call into the kernel. */
const EPHEMERAL_MIN = 1024;

function speaksIpv6(): boolean {
  return interfaceAddresses().some(({ family, internal }) => family === "IPv6" && !internal);
}

/** The failure that tells most about the hop: what the hop itself answered, then what was missing here, then silence, then routes. */
function mostTelling(failures: readonly TcpFailure[]): TcpFailure {
  return failures.reduce((best, next) => (rank(next.interruption) < rank(best.interruption) ? next : best));
}

const RANKS: Readonly<Record<string, number>> = {
  ECONNREFUSED: 0,
  EACCES: 2,
  EPERM: 2,
  EMFILE: 3,
  ENFILE: 3,
  ENOBUFS: 3,
  ENOMEM: 3,
  EHOSTUNREACH: 6,
  EHOSTDOWN: 6,
  // Below silence: a machine without IPv6 answers these for every IPv6 address, whatever the hop's state.
  EADDRNOTAVAIL: 7,
  ENETUNREACH: 8,
  ENETDOWN: 8,
  EAFNOSUPPORT: 9,
};

function rank(interruption: Interruption): number {
  if (interruption.how === "errno") return RANKS[interruption.code] ?? 4;
  return interruption.how === "timeout" ? 5 : 1;
}

function ignore(): void {}
