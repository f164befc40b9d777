import { type FaultId, fault } from "../core/fault.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import { adviseScheme, type Protocol } from "../wire/first-bytes.ts";
import type { Calls, Failed } from "./calls.ts";
import { type Goal, type Met, meet, withScheme } from "./contact.ts";

/** One scheme that a proxy was tried by. */
export interface Tried {
  readonly scheme: ExitScheme;
  /** Null: it works. */
  readonly failed: Failed | null;
}

export interface Detection {
  /** The first that worked; null: none did. */
  readonly met: Met | null;
  /** Those that came to an end, in that order. */
  readonly tried: readonly Tried[];
  /** Schemes that nothing speaks against; empty where the list names the scheme. */
  readonly open: readonly ExitScheme[];
}

export interface DetectOptions {
  readonly goals: readonly Goal[];
  readonly signal: CancelSignal;
  /** On the clock. */
  readonly deadline: number;
}

/**
 * Finds out what a proxy speaks: first what its port suggests, then what its answers reveal, then the rest; the next one beside it once one
 * has been silent for a third of the time. What cannot be reached is tried once.
 *
 *     HTTP   -> "\x05\xff"           SOCKS5 next
 *     SOCKS5 -> "HTTP/1.1 400 ..."   HTTP next, and no SOCKS any more
 *     HTTP   -> FIN                  the next in the row
 */
export function detect(calls: Calls, exit: Exit, options: DetectOptions): Promise<Detection> {
  return new Promise((resolve, reject) => new Search(calls, exit, options, resolve, reject).start());
}

/** Tries the scheme that the list names. Where another protocol answers, that one is tried too, for the operator to know. */
export async function tryNamed(calls: Calls, exit: Exit, options: DetectOptions): Promise<Detection> {
  const { scheme } = exit.hops.at(-1) as ExitHop;
  const turn = { ...options, onConnected: null };
  const outcome = await meet(calls, exit, options.goals, turn, true);
  if (outcome.kind === "met") return { met: outcome, tried: [{ scheme, failed: null }], open: [] };
  const other = revealedBy(outcome) ?? (scheme === "http" && isClosed(outcome) ? "https" : null);
  if (other === null || other === scheme) return { met: null, tried: [{ scheme, failed: outcome }], open: [] };
  const second = await meet(calls, withScheme(exit, other), options.goals, turn, false);
  const failed = second.kind === "met" ? null : second;
  const isTls = other === "https" && (failed === null || failed.spoken === "tls");
  return {
    met: null,
    tried: [
      { scheme, failed: isTls ? asWrongScheme(outcome) : outcome },
      { scheme: other, failed },
    ],
    open: [],
  };
}

/** The failure that tells most: what the proxy said in its own protocol, then what else it said, then what was tried first. */
export function mostTelling(tried: readonly Tried[]): Failed | null {
  let best: Failed | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const { scheme, failed } of tried) {
    if (failed === null) continue;
    const rank = failed.spoken === null ? 2 : failed.spoken === speaks(scheme) || failed.spoken === SPOKEN_BELOW[scheme] ? 0 : 1;
    if (rank >= bestRank) continue;
    best = failed;
    bestRank = rank;
  }
  return best;
}

/** Closed at once on what is not encrypted, and then it turned out that the port wants TLS. */
function asWrongScheme(failed: Failed): Failed {
  const { fault: closed } = failed.attributed;
  return {
    ...failed,
    attributed: { ...failed.attributed, fault: fault("handshake.not_a_proxy", `${adviseScheme("tls")} (${closed.details})`) },
  };
}

function isClosed({ attributed, spoken }: Failed): boolean {
  return spoken === null && CLOSED.includes(attributed.fault.id);
}

const CLOSED: readonly FaultId[] = ["head.closed_empty", "head.reset", "handshake.closed", "handshake.reset"];

class Search {
  readonly #calls: Calls;
  readonly #exit: Exit;
  readonly #options: DetectOptions;
  readonly #resolve: (detection: Detection) => void;
  readonly #reject: (bug: unknown) => void;
  #open: readonly ExitScheme[];
  readonly #tried: Tried[] = [];
  readonly #running: Cancellation[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(calls: Calls, exit: Exit, options: DetectOptions, resolve: (detection: Detection) => void, reject: (bug: unknown) => void) {
    this.#calls = calls;
    this.#exit = exit;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#open = orderFor((exit.hops.at(-1) as ExitHop).port);
  }

  start(): void {
    this.#options.signal.addEventListener("abort", this.#stop);
    this.#next();
  }

  #next(): void {
    const [scheme] = this.#open;
    if (scheme === undefined) return;
    this.#open = this.#open.filter((other) => other !== scheme);
    const cancellation = new Cancellation();
    this.#running.push(cancellation);
    const { goals, deadline } = this.#options;
    const turn = { deadline, signal: cancellation, onConnected: this.#onConnected };
    meet(this.#calls, withScheme(this.#exit, scheme), goals, turn, false).then(
      (outcome) => {
        this.#running.splice(this.#running.indexOf(cancellation), 1);
        this.#ended(scheme, outcome);
      },
      (bug: unknown) => {
        this.#finish(null);
        this.#reject(bug);
      },
    );
  }

  readonly #onConnected = (): void => {
    if (this.#isOver || this.#open.length === 0) return;
    clearTimeout(this.#timer);
    const waitMs = this.#calls.context.timeoutMs / SILENT_SHARE;
    // Whoever came last would have no time left.
    if (waitMs < 0.8 * this.#leftMs()) this.#timer = setTimeout(() => this.#next(), waitMs);
  };

  #ended(scheme: ExitScheme, outcome: Met | Failed): void {
    if (this.#isOver) return;
    this.#tried.push({ scheme, failed: outcome.kind === "met" ? null : outcome });
    if (outcome.kind === "met") this.#finish(outcome);
    else if (isFinal(outcome)) this.#finish(null);
    else this.#goOn(outcome);
  }

  #goOn(outcome: Failed): void {
    const revealed = revealedBy(outcome);
    if (outcome.spoken === "http") this.#open = this.#open.filter((scheme) => !scheme.startsWith("socks") || !isNoProxy(outcome));
    if (revealed !== null && this.#open.includes(revealed)) {
      this.#open = [revealed, ...this.#open.filter((scheme) => scheme !== revealed)];
      this.#next();
    } else if (this.#running.length === 0) {
      if (this.#open.length === 0 || this.#leftMs() < LAST_MS_MIN) this.#finish(null);
      else this.#next();
    }
  }

  #leftMs(): number {
    return this.#options.deadline - this.#calls.context.clock.now();
  }

  readonly #stop = (): void => this.#finish(null);

  #finish(met: Met | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener("abort", this.#stop);
    for (const running of this.#running) running.cancel();
    this.#resolve({ met, tried: this.#tried, open: met === null ? [] : this.#open.filter((scheme) => mayAlsoBe(scheme, met.scheme)) });
  }
}

/** The share of the time that a silent proxy has for itself. */
const SILENT_SHARE = 3;
/** With less time left, nothing is begun. */
const LAST_MS_MIN = 50;

/** Ports that proxies of one kind are mostly found on. */
const SOCKS5_PORTS: readonly number[] = [1080, 1081, 1085, 1086, 1088, 7891, 9050, 9150, 10800, 10808];
const SOCKS4_PORTS: readonly number[] = [4145, 5678];
const TLS_PORTS: readonly number[] = [443, 8443];

function orderFor(port: number): readonly ExitScheme[] {
  if (SOCKS5_PORTS.includes(port)) return ["socks5", "http", "socks4", "https"];
  if (SOCKS4_PORTS.includes(port)) return ["socks4", "socks5", "http", "https"];
  return TLS_PORTS.includes(port) ? ["https", "http", "socks5", "socks4"] : ["http", "socks5", "socks4", "https"];
}

/** What a port that speaks one of them may speak besides: many listen for HTTP and SOCKS at once, few for TLS too. */
function mayAlsoBe(scheme: ExitScheme, met: ExitScheme): boolean {
  return met !== "https" && scheme !== "https";
}

/** The scheme of the protocol that was answered in, or that an HTTP error asked for; null: nothing new. */
function revealedBy({ attributed, spoken }: Failed): ExitScheme | null {
  if (spoken === "http" && attributed.fault.id === "handshake.not_a_proxy" && attributed.fault.params["received-status"] !== undefined)
    return "https"; // "a plain HTTP request was sent to an HTTPS port"
  return spoken === null ? null : (SCHEMES[spoken] ?? null);
}

const SCHEMES: Readonly<Partial<Record<Protocol, ExitScheme>>> = { http: "http", tls: "https", socks4: "socks4", socks5: "socks5" };

/** An HTTP answer to another protocol's greeting: whoever gives it knows no SOCKS. */
function isNoProxy({ attributed }: Failed): boolean {
  return attributed.fault.id === "handshake.not_a_proxy" || attributed.fault.id === "tls.protocol_mismatch";
}

/** No other protocol would do better: it cannot be reached, or it has said in its protocol why it does not serve us. */
function isFinal({ attributed, spoken }: Failed): boolean {
  const { id } = attributed.fault;
  if (UNREACHABLE.test(id)) return true;
  if (spoken === "socks5" || spoken === "socks4") return id.startsWith("handshake.") && !MAY_BE_ANOTHER.includes(id);
  return spoken === "http" && id.startsWith("handshake.") && id !== "handshake.connect_rejected" && !MAY_BE_ANOTHER.includes(id);
}

const UNREACHABLE = /^(?:connect|dns|gateway|client)\./;
const MAY_BE_ANOTHER: readonly FaultId[] = [
  "handshake.not_a_proxy",
  "handshake.socks_malformed",
  "handshake.bad_connect_reply",
  "handshake.closed",
  "handshake.reset",
  "handshake.timeout",
];

function speaks(scheme: ExitScheme): Protocol {
  if (scheme === "http" || scheme === "https") return "http";
  return scheme.startsWith("socks4") ? "socks4" : "socks5";
}

/** What an `https` exit says before it speaks HTTP. */
const SPOKEN_BELOW: Readonly<Partial<Record<ExitScheme, Protocol>>> = { https: "tls" };
