import { hash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { attribute } from "../blame/attribute.ts";
import { roundMs } from "../core/clock.ts";
import type { AttributedFault, HopFailure, Observation, StageTimes } from "../core/ledger.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import { type Answered, ask } from "../net/ask.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import type { Connection } from "../net/connection.ts";
import { dial } from "../net/dial.ts";
import type { DialOptions } from "../net/dial-options.ts";
import { drive } from "../net/drive.ts";
import { type FirstContact, type Heard, makeFirstContact } from "../net/first-contact.ts";
import { lookAtCertificate } from "../wire/certificate-look.ts";
import { type Protocol, recogniseProtocol } from "../wire/first-bytes.ts";
import type { CheckContext } from "./check-context.ts";
import { ANSWER_BYTES_MAX } from "./judge/judged.ts";
import { protocolOf } from "./spoken.ts";
import { headOf, type Outgoing, planOf, type Way, wordsAhead } from "./way.ts";

/** What bounds a call, besides the limits of one answer. */
export interface Turn {
  /** On the clock. */
  readonly deadline: number;
  readonly signal: CancelSignal;
  /** TCP with the proxy is open. */
  readonly onConnected: (() => void) | null;
}

/** Milliseconds by stage, and from the first SYN to the answer's first byte and last one. */
export interface Spent extends Pick<StageTimes, "dns" | "connect" | "tls" | "handshake"> {
  readonly firstByte?: number;
  readonly total?: number;
}

export interface Replied {
  readonly kind: "replied";
  readonly way: Way;
  readonly answered: Answered;
  readonly ms: Spent;
  /** SHA-256 of the certificate that came through the tunnel, hex; null: no TLS with the target. */
  readonly certificate: string | null;
}

export interface Failed {
  readonly kind: "failed";
  readonly attributed: AttributedFault;
  /** The protocol that the proxy's own port answered in; null: it said nothing that we know. */
  readonly spoken: Protocol | null;
  /** It was an answer, of somebody else than was asked; null: there was none. */
  readonly replied: Replied | null;
  /** As that of an answer: TLS may be agreed on, and nothing come of it. */
  readonly certificate: string | null;
  readonly ms: Spent;
  /** It had too little time: that it ended by a time limit says nothing of the proxy. */
  readonly wasHurried: boolean;
}

/** Requests through one proxy: its connections are counted, and none outlives its turn. */
export class Calls {
  readonly context: CheckContext;
  /** Opened to the proxy, those that it refused included. */
  connections = 0;

  constructor(context: CheckContext) {
    this.context = context;
  }

  /** One request on a connection of its own. `compose` is asked once there is a connection to send it on. */
  call(way: Way, compose: () => Outgoing, turn: Turn): Promise<Replied | Failed> {
    const wasHurried = this.#isHurried(turn, this.context.clock.now());
    let outgoing: Outgoing | null = null;
    const onceComposed = (): Outgoing => {
      outgoing ??= compose();
      return outgoing;
    };
    const words = wordsAhead(way, onceComposed);
    if (words === null) return this.#callFrom(null, way, onceComposed, turn);
    // No more than this waits for a proxy that may be silent: thousands of them are waited for at once.
    return this.#makeContact(way, words, turn).then((contact) =>
      contact.kind === "failed" ? failed(contact.failure, way, contact.ms, wasHurried) : this.#callFrom(contact, way, onceComposed, turn),
    );
  }

  /** Another request on the connection of an answer; null: it cannot carry one. */
  async again({ answered, way, certificate }: Replied, outgoing: Outgoing, turn: Turn): Promise<Replied | Failed | null> {
    const { connection } = answered;
    if (connection === null) return null;
    return await this.#ask({ connection, certificate, way, ms: {}, startedAt: this.context.clock.now() }, outgoing, turn, true);
  }

  /** Opens a way and asks nothing. */
  open(way: Way, turn: Turn): Promise<Opened | Failed> {
    return this.#open(way, turn, null);
  }

  /**
   * Opens a way, and asks for the certificate of the TLS server at its end, without agreeing on anything with it. The certificate is null where
   * something else came than one in clear text, or the end.
   */
  async look(way: Way, turn: Turn): Promise<Seen | Failed> {
    const opened = await this.open({ ...way, target: { ...way.target, scheme: "tcp" } }, turn);
    if (opened.kind === "failed") return opened;
    const { connection, ms } = opened;
    const { clock, timeoutMs: limitMs } = this.context;
    const name = way.target.host.replace(/\.$/, ""); // RFC 6066 section 3: without the root's dot
    const random = randomBytes(RANDOM_BYTES);
    const look = lookAtCertificate({ serverName: isIP(name) === 0 ? name : null, alpn: ["http/1.1"], random });
    const timeoutMs = Math.min(limitMs, turn.deadline - clock.now());
    const seen = await drive(connection, look, { clock, signal: turn.signal, timeoutMs });
    connection.destroy();
    if (seen.kind === "interrupted" && seen.interruption.how === "timeout") {
      const observed: Observation = { ...seen.trace, stage: "tls", role: "target", hop: way.exit.hops.length + 1, reused: false };
      return failed({ kind: "interrupted", interruption: seen.interruption, seen: observed }, way, ms, timeoutMs < limitMs / FAIR_SHARE);
    }
    const certificate = seen.kind === "done" && seen.value !== null ? hash("sha256", seen.value, "hex") : null;
    return { kind: "seen", certificate };
  }

  /** @param heard where its proxy has been spoken to already */
  async #open(way: Way, turn: Turn, heard: Heard | null): Promise<Opened | Failed> {
    const { context } = this;
    const { timeoutMs } = context;
    const wasHurried = this.#isHurried(turn, heard?.startedAt ?? context.clock.now());
    const options: DialOptions = {
      resolver: context.resolver,
      connectTcp: this.#counting(turn.onConnected),
      timeouts: { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs },
      clock: context.clock,
      signal: turn.signal,
      deadline: turn.deadline,
      ca: context.ca,
      isOwnListener: isNever,
    };
    const dialled = await dial(planOf(way), options, heard);
    if (dialled.kind === "open") {
      const { connection, report } = dialled;
      const isTls = way.tunnel && way.target.scheme === "https";
      return { kind: "open", connection, ms: report.ms, certificate: isTls ? certificateOf(connection) : null };
    }
    if (dialled.kind === "loop") throw new Error("nothing is our own listener here");
    return failed(dialled.failure, way, dialled.report.ms, wasHurried || this.#wasCut(dialled.failure));
  }

  async #callFrom(heard: Heard | null, way: Way, compose: () => Outgoing, turn: Turn): Promise<Replied | Failed> {
    const startedAt = heard?.startedAt ?? this.context.clock.now();
    const opened = await this.#open(way, turn, heard);
    if (opened.kind === "failed") return opened;
    return this.#ask({ ...opened, way, startedAt }, compose(), turn, false); // not awaited here: this frame is not needed while it is silent
  }

  #makeContact({ exit, tunnel }: Way, words: () => string, { deadline, signal, onConnected }: Turn): Promise<FirstContact> {
    const { clock, timeoutMs } = this.context;
    const connectTcp = this.#counting(onConnected);
    const [hop] = exit.hops as [ExitHop];
    return makeFirstContact(hop, words, { connectTcp, clock, signal, deadline, timeoutMs, stage: tunnel ? "handshake" : "head" });
  }

  #isHurried({ deadline }: Turn, startedAt: number): boolean {
    return deadline - startedAt < this.context.timeoutMs / FAIR_SHARE;
  }

  /** Most of the time had gone before. */
  #wasCut(failure: HopFailure): boolean {
    if (failure.kind !== "interrupted" || failure.interruption.how !== "timeout") return false;
    return failure.interruption.afterMs < this.context.timeoutMs / FAIR_SHARE;
  }

  #counting(onConnected: (() => void) | null): typeof connectTcp {
    return async (addresses, port, options) => {
      this.connections++;
      const outcome = await this.context.connectTcp(addresses, port, options);
      if ("socket" in outcome) onConnected?.();
      return outcome;
    };
  }

  async #ask(
    open: Omit<Opened, "kind"> & { readonly way: Way; readonly startedAt: number },
    outgoing: Outgoing,
    turn: Turn,
    reused: boolean,
  ): Promise<Replied | Failed> {
    const { limits, tolerances, clock } = this.context;
    const { connection, way, certificate, startedAt, ms } = open;
    const leave = () => connection.destroy();
    if (turn.signal.aborted) leave();
    else turn.signal.addEventListener("abort", leave);
    const now = clock.now();
    const openedAt = connection.ahead?.at ?? now;
    const hops = way.exit.hops.length;
    const asked = await ask(connection, headOf(way, outgoing), outgoing.body, {
      ...{ limits, tolerances, clock, method: outgoing.method, reused },
      role: way.tunnel ? "target" : "exit",
      hop: way.tunnel ? hops + 1 : hops,
      timeoutMs: Math.max(1, turn.deadline - now),
      bodyBytesMax: ANSWER_BYTES_MAX,
      rawBytesMax: 0,
    });
    turn.signal.removeEventListener("abort", leave);
    if (asked.kind === "failed")
      return { ...failed(asked.failure, way, ms, this.#isHurried(turn, startedAt) || this.#wasCut(asked.failure)), certificate };
    const before = openedAt - startedAt;
    const spent = { ...ms, firstByte: roundMs(before + asked.ms.head), total: roundMs(before + asked.ms.total) };
    return { kind: "replied", way, answered: asked, ms: spent, certificate };
  }
}

/** Of the time for finding out whether it is alive: less is too little for one request. */
const FAIR_SHARE = 4;

/** Of a ClientHello. */
const RANDOM_BYTES = 32;

export interface Opened {
  readonly kind: "open";
  readonly connection: Connection;
  readonly ms: Spent;
  readonly certificate: string | null;
}

/** What the TLS server at the end of a way showed; the connection is ended. */
export interface Seen {
  readonly kind: "seen";
  /** As that of an answer; null: none. */
  readonly certificate: string | null;
}

/** The same answer; its connection is ended. */
export function withoutConnection(replied: Replied): Replied {
  replied.answered.connection?.destroy();
  return { ...replied, answered: { ...replied.answered, connection: null } };
}

function failed(failure: HopFailure, { exit, target }: Way, ms: Spent, wasHurried: boolean): Failed {
  return {
    kind: "failed",
    attributed: attribute(failure, { exit, target }),
    spoken: spokenOf(failure, exit),
    replied: null,
    certificate: null,
    ms,
    wasHurried,
  };
}

/** Only the last proxy's own bytes say what its port speaks; behind a tunnel that it opened it has spoken its scheme. */
function spokenOf(failure: HopFailure, exit: Exit): Protocol | null {
  const { role, hop, firstBytes } = failure.seen;
  const hops = exit.hops.length;
  if (role === "target" && hop > hops) return protocolOf(exit);
  if (role !== "exit" || hop !== hops) return null;
  return failure.kind === "refused" ? "http" : recogniseProtocol(firstBytes);
}

function certificateOf({ socket }: Connection): string | null {
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  return certificate === undefined ? null : certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

function isNever(): boolean {
  return false;
}
