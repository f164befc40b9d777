import { mannerOf } from "../blame/manners.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import type { Calls, Failed } from "./calls.ts";
import { type Goal, leave, type Met, meet, withScheme } from "./contact.ts";
import { isFinal, isNoProxy, mayAlsoBe, orderFor, revealedBy, SPOKEN_BELOW, speaks } from "./spoken.ts";

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

/** A scheme that is being tried. */
interface Running {
  readonly cancellation: Cancellation;
  /** On the clock. */
  readonly startedAt: number;
}

class Search {
  readonly #calls: Calls;
  readonly #exit: Exit;
  readonly #options: DetectOptions;
  readonly #resolve: (detection: Detection) => void;
  readonly #reject: (bug: unknown) => void;
  #open: readonly ExitScheme[];
  readonly #tried: Tried[] = [];
  readonly #running = new Map<ExitScheme, Running>();
  #timer: NodeJS.Timeout | undefined;
  /** How long it took to answer, or to close; null: it has done neither. */
  #heardMs: number | null = null;
  /** It knows HTTP, and wants none from us: others on the same port are improbable. */
  #isHttp = false;
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
    const startedAt = this.#calls.context.clock.now();
    this.#running.set(scheme, { cancellation, startedAt });
    const { goals } = this.#options;
    const turn = { deadline: this.#deadline(startedAt), signal: cancellation, onConnected: this.#onConnected };
    meet(this.#calls, withScheme(this.#exit, scheme), goals, turn, false).then(
      (outcome) => {
        this.#running.delete(scheme);
        if (outcome.kind === "failed" && mannerOf(outcome.attributed.fault.id) !== "silence")
          this.#heardMs = this.#calls.context.clock.now() - startedAt;
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
    const waitMs = Math.min(this.#silentMs(), this.#patienceMs());
    // Whoever came last would have no time left.
    if (waitMs < 0.8 * this.#leftMs()) this.#timer = setTimeout(() => this.#next(), waitMs);
  };

  #ended(scheme: ExitScheme, outcome: Met | Failed): void {
    if (this.#isOver) {
      leave(outcome);
      return;
    }
    this.#tried.push({ scheme, failed: outcome.kind === "met" ? null : outcome });
    if (outcome.kind === "met") this.#finish(outcome);
    else if (isFinal(outcome)) this.#finish(null);
    else this.#goOn(outcome);
  }

  #goOn(outcome: Failed): void {
    const revealed = revealedBy(outcome);
    if (outcome.spoken === "http") {
      this.#isHttp = true;
      this.#open = this.#open.filter((scheme) => scheme === revealed || !scheme.startsWith("socks") || !isNoProxy(outcome));
    }
    if (revealed !== null && this.#open.includes(revealed)) {
      this.#open = [revealed, ...this.#open.filter((scheme) => scheme !== revealed)];
      this.#next();
    } else if (this.#running.size === 0) {
      if (this.#open.length === 0 || this.#leftMs() < LAST_MS_MIN) this.#finish(null);
      else this.#next();
    }
  }

  #deadline(now: number): number {
    const { deadline } = this.#options;
    return this.#isHttp ? Math.min(deadline, now + 2 * this.#patienceMs()) : deadline;
  }

  /** Whoever is silent for so long does not know the protocol. */
  #silentMs(): number {
    return this.#calls.context.timeoutMs / SILENT_SHARE;
  }

  /** For whoever has been heard already: with more silence than that, another protocol is more probable. */
  #patienceMs(): number {
    return this.#heardMs === null ? Number.POSITIVE_INFINITY : Math.max(PATIENCE_MS, PATIENCE_TIMES_MAX * this.#heardMs);
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
    const open = met === null ? [] : this.#notRuledOut().filter((scheme) => mayAlsoBe(scheme, met.scheme));
    for (const { cancellation } of this.#running.values()) cancellation.cancel();
    this.#resolve({ met, tried: this.#tried, open });
  }

  /** What was not begun, and what was begun beside another and had not the time to answer. */
  #notRuledOut(): readonly ExitScheme[] {
    const since = this.#calls.context.clock.now() - this.#silentMs();
    const cut = [...this.#running].filter(([, { startedAt }]) => startedAt > since).map(([scheme]) => scheme);
    return [...cut, ...this.#open];
  }
}

/** The share of the time that a silent proxy has for itself. */
export const SILENT_SHARE = 3;
const PATIENCE_MS = 500;
const PATIENCE_TIMES_MAX = 4;
/** With less time left, nothing is begun. */
const LAST_MS_MIN = 50;
