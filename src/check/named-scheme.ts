import { mannerOf } from "../blame/manners.ts";
import { fault } from "../core/fault.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import { adviseScheme, PROTOCOL_NAMES, type Protocol } from "../wire/first-bytes.ts";
import type { Calls, Failed } from "./calls.ts";
import { leave, type Met, meet, schemeOf, withScheme } from "./contact.ts";
import { type Detection, type DetectOptions, SILENT_SHARE, type Tried } from "./detect.ts";
import { faultOfLie, worstOf } from "./findings.ts";
import { isClosed, revealedBy, SPOKEN_BELOW, speaks } from "./spoken.ts";

/**
 * Tries the scheme that the list names. Where something else comes of it than an answer of that, other schemes are tried for the operator to know:
 *
 *     another protocol's answer         that protocol
 *     closed without a word             two others, until one of them is heard: what does not know a protocol mostly does that
 *     others -> silence, for a while    HTTP beside them: its servers may wait for the end of a line that never comes
 */
export async function tryNamed(calls: Calls, exit: Exit, options: DetectOptions): Promise<Detection> {
  const scheme = schemeOf(exit);
  const http = new Beside((signal) => tryAlso(calls, exit, "http", { ...options, signal }), options.signal);
  const onConnected = scheme === "http" ? null : () => http.beginAfter(calls.context.timeoutMs / SILENT_SHARE);
  try {
    const outcome = await meet(calls, exit, options.goals, { ...options, onConnected }, true);
    if (outcome.kind === "met") return { met: outcome, tried: [{ scheme, failed: null }], open: [] };
    const isMute = isSilent(outcome, exit);
    if (!isMute) await http.leave();
    const others = isMute ? await http.tried() : await tryRevealed(calls, exit, outcome, options);
    return { met: null, tried: [{ scheme, failed: asFound(outcome, scheme, others.at(-1)) }, ...others], open: [] };
  } finally {
    await http.leave();
  }
}

async function tryRevealed(calls: Calls, exit: Exit, outcome: Failed, options: DetectOptions): Promise<Tried[]> {
  const scheme = schemeOf(exit);
  const revealed = revealedBy(outcome);
  const isOwn = revealed !== null && (spokenFirst(revealed) === spokenFirst(scheme) || isInTls(scheme, outcome));
  const isLasts = outcome.attributed.hop === exit.hops.length; // what a nearer one of a chain does tells nothing of it
  const others = isLasts && isClosed(outcome) ? IF_CLOSED[spokenFirst(scheme)] : revealed === null || isOwn ? [] : [revealed];
  const { clock, timeoutMs } = calls.context;
  const tried: Tried[] = [];
  for (const other of others ?? []) {
    const deadline = Math.min(options.deadline, clock.now() + timeoutMs / SILENT_SHARE);
    const last = await tryAlso(calls, exit, other, { ...options, deadline });
    tried.push(last);
    if (last.failed === null || !isClosed(last.failed)) break;
  }
  return tried;
}

const IF_CLOSED: Readonly<Partial<Record<Protocol, readonly ExitScheme[]>>> = {
  http: ["https", "socks5"],
  tls: ["http", "socks5"],
  socks5: ["http", "socks4"],
  socks4: ["socks5", "http"],
};

async function tryAlso(calls: Calls, exit: Exit, scheme: ExitScheme, options: DetectOptions): Promise<Tried> {
  // What the line wants encrypted is not said in the clear, whoever asks for it by being silent.
  const asked = schemeOf(exit) === "https" ? withoutLogin(exit) : exit;
  const outcome = await meet(calls, withScheme(asked, scheme), options.goals, { ...options, onConnected: null }, false);
  leave(outcome);
  return { scheme, failed: outcome.kind === "met" ? asFake(outcome) : outcome };
}

/** A web server that is no proxy has a page of its own for whatever it is asked. Null: what came is not made up, as far as was asked. */
function asFake({ scheme, exit, judged, ms }: Met): Failed | null {
  const lie = judged?.reply.judged.kind === "fake" ? worstOf(judged.reply.lies) : null;
  if (judged === null || lie === null) return null;
  const { replied } = judged.reply;
  return {
    kind: "failed",
    attributed: faultOfLie(lie, exit.hops.length),
    spoken: speaks(scheme),
    replied,
    certificate: replied.certificate,
    ms,
    wasHurried: false,
  };
}

function withoutLogin(exit: Exit): Exit {
  const last = exit.hops.at(-1) as ExitHop;
  return { ...exit, hops: [...exit.hops.slice(0, -1), { ...last, username: null, password: null }] };
}

/** A scheme that is tried beside another one that is silent. */
class Beside {
  readonly #begin: (signal: CancelSignal) => Promise<Tried>;
  readonly #signal: CancelSignal;
  readonly #cancellation = new Cancellation();
  #timer: NodeJS.Timeout | undefined;
  #tried: Promise<Tried> | null = null;

  constructor(begin: (signal: CancelSignal) => Promise<Tried>, signal: CancelSignal) {
    this.#begin = begin;
    this.#signal = signal;
  }

  beginAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), ms);
  }

  /** What came of it; empty: it was not begun. */
  async tried(): Promise<Tried[]> {
    clearTimeout(this.#timer);
    return this.#tried === null ? [] : [await this.#tried];
  }

  /** Whatever comes of it is of no interest. */
  async leave(): Promise<void> {
    this.#stop();
    this.#signal.removeEventListener("abort", this.#stop);
    await this.tried();
  }

  #start(): void {
    if (this.#tried !== null || this.#signal.aborted) return;
    this.#signal.addEventListener("abort", this.#stop);
    this.#tried = this.#begin(this.#cancellation);
    // A bug is thrown to whoever looks at what came of it, which may be later.
    this.#tried.catch(() => {});
  }

  readonly #stop = (): void => {
    clearTimeout(this.#timer);
    this.#cancellation.cancel();
  };
}

/** The proxy itself said nothing, not even that it speaks TLS. */
function isSilent({ attributed, spoken }: Failed, exit: Exit): boolean {
  const { fault: seen, role, hop } = attributed;
  if (spoken !== null || role !== "exit" || hop !== exit.hops.length) return false;
  return schemeOf(exit) === "https" ? seen.id === "tls.handshake_timeout" : mannerOf(seen.id) === "silence";
}

/** With what the port turned out to speak, where what it made of the named scheme did not say it, or said it without being a proxy. */
function asFound(outcome: Failed, scheme: ExitScheme, last: Tried | undefined): Failed {
  const spoken = last === undefined ? null : spokenBy(last);
  if (last === undefined || spoken === null || spoken === spokenFirst(scheme)) return outcome;
  const isSaid = outcome.spoken !== null && last.scheme !== "https";
  if (isSaid && !isWebServer(last)) return outcome;
  const { fault: seen } = outcome.attributed;
  const found = isWebServer(last)
    ? `the port speaks ${PROTOCOL_NAMES[spoken]}: ${last.failed?.attributed.fault.details}`
    : adviseScheme(spoken);
  const id = isSaid ? seen.id : "handshake.not_a_proxy";
  const value = fault(id, isSaid ? found : `${found} (${seen.details})`);
  return { ...outcome, attributed: { ...outcome.attributed, fault: value } };
}

function spokenBy({ scheme, failed }: Tried): Protocol | null {
  if (failed === null) return spokenFirst(scheme);
  return isInTls(scheme, failed) || revealedBy(failed) === "https" ? "tls" : failed.spoken;
}

/** It speaks TLS, and within it HTTP. */
function isInTls(scheme: ExitScheme, { attributed, spoken }: Failed): boolean {
  return scheme === "https" && spoken === "http" && attributed.fault.id !== "tls.protocol_mismatch";
}

function spokenFirst(scheme: ExitScheme): Protocol {
  return SPOKEN_BELOW[scheme] ?? speaks(scheme);
}

/** What comes of asking a web server as if it were a proxy: a page of its own, or that it does not know what it is asked for. */
function isWebServer({ failed }: Tried): boolean {
  if (failed === null) return false;
  const { id, params } = failed.attributed.fault;
  const status = Number(params["received-status"]);
  return (
    id === "honesty.fake_answer" || id === "honesty.redirected" || (id === "handshake.connect_rejected" && (status < 500 || status === 501))
  );
}
