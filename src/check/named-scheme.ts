import { mannerOf } from "../blame/manners.ts";
import { fault } from "../core/fault.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import { adviseScheme, type Protocol } from "../wire/first-bytes.ts";
import type { Calls, Failed } from "./calls.ts";
import { leave, meet, schemeOf, withScheme } from "./contact.ts";
import { type Detection, type DetectOptions, SILENT_SHARE, type Tried } from "./detect.ts";
import { isClosed, revealedBy } from "./spoken.ts";

/**
 * Tries the scheme that the list names. Where something else comes of it than an answer of that, other schemes are tried for the operator to know:
 *
 *     another protocol's answer         that protocol
 *     HTTP   -> closed without a word   TLS, and where that is closed too, SOCKS5: servers of both mostly do that to a plain request
 *     others -> silence, for a while    HTTP beside them: its servers may wait for the end of a line that never comes
 */
export async function tryNamed(calls: Calls, exit: Exit, options: DetectOptions): Promise<Detection> {
  const scheme = schemeOf(exit);
  const http = new Beside((signal) => tryAlso(calls, exit, "http", { ...options, signal }));
  const onConnected = scheme === "http" ? null : () => http.beginAfter(calls.context.timeoutMs / SILENT_SHARE);
  const outcome = await meet(calls, exit, options.goals, { ...options, onConnected }, true);
  if (outcome.kind === "met") {
    await http.leave();
    return { met: outcome, tried: [{ scheme, failed: null }], open: [] };
  }
  if (!isSilent(outcome)) await http.leave();
  const others = isSilent(outcome) ? await http.tried() : await tryRevealed(calls, exit, outcome, options);
  const spoken = hiddenIn(others, outcome);
  const told = spoken === null ? outcome : asWrongScheme(outcome, spoken);
  return { met: null, tried: [{ scheme, failed: told }, ...others], open: [] };
}

async function tryRevealed(calls: Calls, exit: Exit, outcome: Failed, options: DetectOptions): Promise<Tried[]> {
  const scheme = schemeOf(exit);
  const isMute = scheme === "http" && isClosed(outcome);
  const other = revealedBy(outcome) ?? (isMute ? "https" : null);
  if (other === null || other === scheme) return [];
  const others = [await tryAlso(calls, exit, other, options)];
  if (isMute && others[0]?.failed && isClosed(others[0].failed)) others.push(await tryAlso(calls, exit, "socks5", options));
  return others;
}

async function tryAlso(calls: Calls, exit: Exit, scheme: ExitScheme, options: DetectOptions): Promise<Tried> {
  const outcome = await meet(calls, withScheme(exit, scheme), options.goals, { ...options, onConnected: null }, false);
  leave(outcome);
  return { scheme, failed: outcome.kind === "met" ? null : outcome };
}

/** A scheme that is tried beside another one that is silent. */
class Beside {
  readonly #begin: (signal: CancelSignal) => Promise<Tried>;
  readonly #cancellation = new Cancellation();
  #timer: NodeJS.Timeout | undefined;
  #tried: Promise<Tried> | null = null;

  constructor(begin: (signal: CancelSignal) => Promise<Tried>) {
    this.#begin = begin;
  }

  beginAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tried ??= this.#begin(this.#cancellation);
    }, ms);
  }

  /** What came of it; empty: it was not begun. */
  async tried(): Promise<Tried[]> {
    clearTimeout(this.#timer);
    return this.#tried === null ? [] : [await this.#tried];
  }

  /** Whatever comes of it is of no interest. */
  async leave(): Promise<void> {
    this.#cancellation.cancel();
    await this.tried();
  }
}

/** The proxy itself said nothing. */
function isSilent({ attributed, spoken }: Failed): boolean {
  return spoken === null && attributed.role === "exit" && mannerOf(attributed.fault.id) === "silence";
}

/** What the port turned out to speak, which what it made of the named scheme did not say; null: it did say. */
function hiddenIn(others: readonly Tried[], outcome: Failed): "http" | "tls" | "socks5" | null {
  const last = others.at(-1);
  if (last === undefined) return null;
  const { scheme, failed } = last;
  const isSpoken = (protocol: Protocol) => failed === null || failed.spoken === protocol;
  if (scheme === "https" && isSpoken("tls")) return "tls";
  if (scheme === "http" && isSilent(outcome) && isSpoken("http")) return "http";
  return scheme === "socks5" && isClosed(outcome) && isSpoken("socks5") ? "socks5" : null;
}

/** It closed, or was silent, and then it turned out what it speaks. */
function asWrongScheme(failed: Failed, spoken: "http" | "tls" | "socks5"): Failed {
  const { fault: seen } = failed.attributed;
  return {
    ...failed,
    attributed: { ...failed.attributed, fault: fault("handshake.not_a_proxy", `${adviseScheme(spoken)} (${seen.details})`) },
  };
}
