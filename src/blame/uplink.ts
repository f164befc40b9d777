import type { FaultId } from "../core/fault.ts";
import type { Way } from "./evidence.ts";
import type { Failure } from "./failure.ts";

/** How likely it is, before anything is seen, that our own connection to the network has just been lost. */
const LOST_ODDS = 0.001;
/** How often a first hop that did well lately does not answer TCP all the same; the same of one that never did. */
const KNOWN_USUAL = 0.05;
const UNKNOWN_USUAL = 0.7;
/** No second exit of a network is that independent of the first. */
const SAME_KIN_USUAL = 0.5;
/** Where it is this machine's own word that it has no way there. */
const OWN_WORDS_USUAL = 0.25;
/** From here on it counts as lost, until there is a sign of life. */
const LOST_FROM = 0.8;
/** Failures that are further apart than this are not of one loss. Milliseconds. */
const APART_MS = 30_000;
/** Who waited in vain began to while there were signs of life, if the last is no older. Milliseconds. */
const MUTE_MS = 1000;
/** What was on its way when it came back may still run into nothing for so long. Milliseconds. */
const GRACE_MS = 5000;
/** First hops that are remembered, and the most of one kin that speak. */
const UNREACHED_MAX = 256;
const OF_KIN_MAX = 4;

interface Unreached {
  /** The exit's id, or the target. */
  readonly hop: string;
  readonly isExit: boolean;
  readonly kin: string;
  /** How often that happens while our own connection is well. */
  readonly usual: number;
  readonly at: number;
}

/** Our own connection to the network: lost where first hops that have nothing in common cannot be reached, and nothing came from any since. */
export class Uplink {
  #unreached: Unreached[] = [];
  #isLost = false;
  #heardAt: number = Number.NEGATIVE_INFINITY;
  #cleared: readonly string[] = NOBODY;
  #lostUntil: number = Number.NEGATIVE_INFINITY;

  /** Something came from the network. */
  hear(now: number): void {
    this.#heardAt = now;
    if (this.#unreached.length === 0) return;
    this.#unreached = [];
    if (this.#isLost) this.#lostUntil = now;
    this.#isLost = false;
  }

  /**
   * Takes a failure in. How likely it is that our own side made it, 0 to 1; 0 where it is not taken to be.
   * @param didWell the first hop's kin did its part lately.
   */
  fail(way: Way, failure: Failure, didWell: boolean, now: number): number {
    const { id } = failure.fault;
    if (UNREACHED.has(id)) {
      const isTold = OWN_WORDS.has(id) || now - this.#heardAt >= MUTE_MS;
      if (isTold && !this.#isBackSince(now)) {
        // Where the target's name has no address, it is that name that was asked for, whichever exit was to have it.
        const isOfName = id.startsWith("dns.") && failure.role === "target" && way.exit !== null;
        this.#add(isOfName ? { ...way, exit: null } : way, id, didWell && !isOfName, now);
      }
    } else if (isSignOfLife(failure)) this.hear(now);
    return this.likelihood(failure, now);
  }

  /** The same of a failure that was taken in before. */
  likelihood({ fault: { id } }: Failure, now: number): number {
    if (!UNREACHED.has(id) && !SILENT.has(id)) return 0;
    if (this.#isLost) return Math.min(CERTAIN, this.#odds() / (1 + this.#odds()));
    return this.#isBackSince(now) ? LOST_FROM : 0;
  }

  /** The exits that could not be reached before our own side was known to be lost; once. */
  takeCleared(): readonly string[] {
    const cleared = this.#cleared;
    this.#cleared = NOBODY;
    return cleared;
  }

  tell(now: number): string {
    if (!this.#isLost) return `our own connection to the network came back ${seconds(now - this.#lostUntil)} ago`;
    const kins = new Set(this.#unreached.map(({ kin }) => kin)).size;
    const since = seconds(now - (this.#unreached[0]?.at ?? now));
    return `nothing was heard from ${kins} network${kins === 1 ? "" : "s"} for ${since}, nor from any other: our own connection is lost`;
  }

  #add({ exit, kin, target }: Way, id: FaultId, didWell: boolean, now: number): void {
    const hop = exit ?? target;
    const ofKin = exit === null ? target : kin;
    const last = this.#unreached.at(-1);
    if (!this.#isLost && last !== undefined && now - last.at > APART_MS) this.#unreached = [];
    if (this.#unreached.length >= UNREACHED_MAX || this.#unreached.some((one) => one.hop === hop)) return;
    const same = this.#unreached.filter((one) => one.kin === ofKin).length;
    const first = didWell ? KNOWN_USUAL : OWN_WORDS.has(id) ? OWN_WORDS_USUAL : UNKNOWN_USUAL;
    const further = same < OF_KIN_MAX ? Math.max(first, SAME_KIN_USUAL) : 1;
    this.#unreached.push({ hop, isExit: exit !== null, kin: ofKin, usual: same === 0 ? first : further, at: now });
    if (this.#isLost || this.#odds() < LOST_FROM / (1 - LOST_FROM)) return;
    this.#isLost = true;
    this.#cleared = this.#unreached.flatMap((one) => (one.isExit ? [one.hop] : []));
  }

  #isBackSince(now: number): boolean {
    return !this.#isLost && now - this.#lostUntil < GRACE_MS;
  }

  #odds(): number {
    return this.#unreached.reduce((odds, { usual }) => odds / usual, LOST_ODDS);
  }
}

const NOBODY: readonly string[] = [];

/** What is weighed is never certain. */
const CERTAIN = 0.99;

/** "No route", and a resolver that is silent, are this machine's own words. */
const OWN_WORDS: ReadonlySet<FaultId> = new Set<FaultId>(["connect.net_unreachable", "dns.timeout", "dns.resolver_unreachable"]);

/** The first hop was not reached, and nobody said so but this machine. */
const UNREACHED: ReadonlySet<FaultId> = new Set<FaultId>([...OWN_WORDS, "dns.servfail", "connect.timeout", "connect.host_unreachable"]);

/** Nothing came any more, from whomever. */
const SILENT: ReadonlySet<FaultId> = new Set<FaultId>([
  "handshake.timeout",
  "tls.handshake_timeout",
  "write.timeout",
  "head.timeout",
  "body.idle_timeout",
  "tunnel.idle_timeout",
]);

function isSignOfLife({ fault, culprit }: Failure): boolean {
  return !SILENT.has(fault.id) && culprit !== "client" && culprit !== "gateway";
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
