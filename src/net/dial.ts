import { isIP } from "node:net";
import { formatHostPort, type HostPort } from "../core/address.ts";
import { roundMs } from "../core/clock.ts";
import type { HopFailure, Interruption, Observation, StageTimes } from "../core/ledger.ts";
import type { ExitHop, HopRole } from "../core/route.ts";
import { exitHandshake } from "../wire/exit-handshake.ts";
import { Connection } from "./connection.ts";
import type { DialOptions } from "./dial-options.ts";
import { drive } from "./drive.ts";
import type { Heard } from "./first-contact.ts";
import { startTls, type TlsOptions } from "./start-tls.ts";

/** Head start of an address before the next is tried beside it. */
export const ATTEMPT_DELAY_MS = 250;

interface DialTarget extends HostPort {
  /** Addresses that a policy has checked: the only ones to use. Null: whoever the route says resolves the name. */
  readonly addresses: readonly string[] | null;
  /**
   * TLS with the target, done here. `unverified`: whatever certificate it shows, which is then the caller's to look at; `public`: the same,
   * and nothing that is said is a secret; `unnamed`: unverified, of a target that is not told its name.
   */
  readonly tls: boolean | "unverified" | "public" | "unnamed";
}

export interface DialPlan {
  /** Nearest first; none: direct. */
  readonly hops: readonly ExitHop[];
  /** Null: the last hop answers the request itself, as an HTTP exit does for `http://`. */
  readonly target: DialTarget | null;
}

interface DialReport {
  /** The nearest hop as it was dialled (`192.0.2.10:8080`), or as it is named. */
  nextHop: string;
  readonly ms: StageTimes;
  bytesOut: number;
  bytesIn: number;
}

type Unopened = { readonly kind: "loop"; readonly address: string } | { readonly kind: "failed"; readonly failure: HopFailure };

export type Dialled = ({ readonly kind: "open"; readonly connection: Connection } | Unopened) & { readonly report: DialReport };

/**
 * Opens a route hop by hop: TCP to the nearest, TLS where it is an `https` exit, its handshake for the next, and so on.
 *
 *     gateway -TCP-> hop 1 -[TLS]-> CONNECT hop 2 -> hop 2 -[TLS]-> SOCKS target -> target -[TLS]->
 *
 * Every stage has its own limit and is timed; bytes beyond a handshake stay unread on the connection.
 *
 * @param heard the first hop, where it has been spoken to: its answer goes on from there. Null: it is dialled.
 */
export function dial(plan: DialPlan, options: DialOptions, heard: Heard | null = null): Promise<Dialled> {
  return new Dialler(plan, options).dial(heard);
}

/** Carries the end out of the steps below; it never leaves this file, and has no stack, which would cost more than the failed dial. */
class DialStopped {
  readonly end: Unopened;

  constructor(end: Unopened) {
    this.end = end;
  }
}

class Dialler {
  readonly #report: DialReport;
  readonly #plan: DialPlan;
  readonly #options: DialOptions;
  #connection: Connection | null = null;

  constructor(plan: DialPlan, options: DialOptions) {
    this.#plan = plan;
    this.#options = options;
    const first = plan.hops[0] ?? plan.target;
    this.#report = { nextHop: first === null ? "" : formatHostPort(first), ms: {}, bytesOut: 0, bytesIn: 0 };
  }

  async dial(heard: Heard | null): Promise<Dialled> {
    const { hops, target } = this.#plan;
    const [first] = hops;
    try {
      if (first !== undefined) {
        if (heard === null) await this.#openTcp(first, null, 1, "exit");
        else this.#goOnWith(heard, first.port);
        for (const [index, hop] of hops.entries()) {
          if (hop.scheme === "https") await this.#openTls(hop.host, hop.insecure, index + 1, "exit");
          const next = hops[index + 1] ?? target;
          if (next !== null) await this.#tunnel(hop, next, index + 1);
        }
      } else if (target !== null) await this.#openTcp(target, target.addresses, 1, "target");
      else throw new TypeError("a route needs a hop or a target");
      if (target?.tls) await this.#openTargetTls(target, hops.length + 1);
      return { kind: "open", connection: this.#opened(), report: this.#report };
    } catch (stopped) {
      this.#connection?.destroy();
      if (!(stopped instanceof DialStopped)) throw stopped;
      return { ...stopped.end, report: this.#report };
    }
  }

  #opened(): Connection {
    return this.#connection as Connection;
  }

  #goOnWith({ connection, address, connectMs }: Heard, port: number): void {
    this.#report.ms.connect = roundMs(connectMs);
    this.#report.nextHop = formatHostPort({ host: address, port });
    this.#connection = connection;
  }

  async #openTcp(to: HostPort, checked: readonly string[] | null, hop: number, role: HopRole): Promise<void> {
    const addresses = checked ?? (await this.#resolve(to.host, hop, role));
    const own = addresses.find((address) => this.#options.isOwnListener(address, to.port));
    if (own !== undefined) throw new DialStopped({ kind: "loop", address: formatHostPort({ host: own, port: to.port }) });
    const startedAt = this.#options.clock.now();
    const outcome = await this.#options.connectTcp(addresses, to.port, {
      timeoutMs: this.#left(this.#options.timeouts.connect),
      attemptDelayMs: ATTEMPT_DELAY_MS,
      signal: this.#options.signal,
    });
    const elapsedMs = this.#note("connect", startedAt);
    this.#report.nextHop = formatHostPort({ host: outcome.address, port: to.port });
    if ("interruption" in outcome) this.#stop(outcome.interruption, { ...NOTHING_SEEN, stage: "connect", role, hop, elapsedMs });
    this.#connection = new Connection(outcome.socket, outcome.socket, outcome.intake);
  }

  async #resolve(name: string, hop: number, role: HopRole): Promise<readonly string[]> {
    if (isIP(name) !== 0) return [name];
    const { resolver, clock, timeouts } = this.#options;
    const startedAt = clock.now();
    const resolved = await resolver.resolve(name, clock.now() + this.#left(timeouts.connect));
    const elapsedMs = this.#note("dns", startedAt);
    if ("interruption" in resolved) return this.#stop(resolved.interruption, { ...NOTHING_SEEN, stage: "dns", role, hop, elapsedMs });
    return resolved.addresses;
  }

  /** One handshake with `through`, on the connection that ends there, for a tunnel to `next`. */
  async #tunnel(through: ExitHop, next: (ExitHop | DialTarget) & HostPort, hop: number): Promise<void> {
    const isTarget = next === this.#plan.target;
    const checked = "addresses" in next && next.addresses !== null ? next.addresses : null;
    const to = await this.#addressFor(through, next, checked, hop + 1, isTarget ? "target" : "exit");
    const { clock, signal, timeouts } = this.#options;
    const startedAt = this.#opened().ahead?.at ?? clock.now();
    const timeoutMs = this.#left(timeouts.handshake);
    const driven = await drive(this.#opened(), exitHandshake(through, to), { clock, signal, timeoutMs });
    const elapsedMs = this.#note("handshake", startedAt);
    const { bytesIn, bytesOut, firstBytes } = driven.trace;
    this.#count(bytesIn, bytesOut);
    const seen: Observation = { stage: "handshake", role: "exit", hop, reused: false, bytesIn, bytesOut, firstBytes, elapsedMs };
    if (driven.kind === "interrupted") this.#stop(driven.interruption, seen);
    if (driven.kind === "fault") this.#fail({ kind: "fault", fault: driven.fault, seen });
    if (driven.value !== null) this.#fail({ kind: "refused", reply: driven.value, seen });
  }

  /** Who resolves the next hop's name: `socks4` and `socks5` want an address from us, the others take the name. */
  async #addressFor(through: ExitHop, next: HostPort, checked: readonly string[] | null, hop: number, role: HopRole): Promise<HostPort> {
    const resolvesHere = through.scheme === "socks4" || through.scheme === "socks5";
    if (checked === null && !resolvesHere) return next;
    const addresses = checked ?? (await this.#resolve(next.host, hop, role));
    // SOCKS4 knows no other, and many a SOCKS5 exit has no IPv6.
    const usable = addresses.find((address) => isIP(address) === 4) ?? (through.scheme === "socks4" ? undefined : addresses[0]);
    if (usable === undefined) {
      const seen: Observation = { ...NOTHING_SEEN, stage: "dns", role, hop, elapsedMs: 0 };
      return this.#stop({ how: "errno", code: "ENODATA" }, seen);
    }
    return { host: usable, port: next.port };
  }

  async #openTargetTls({ host, tls }: DialTarget, hop: number): Promise<void> {
    const insecure = tls === "public" ? tls : tls !== true;
    await this.#openTls(tls === "unnamed" ? NO_NAME : host, insecure, hop, "target");
  }

  async #openTls(serverName: string, insecure: TlsOptions["insecure"], hop: number, role: HopRole): Promise<void> {
    const startedAt = this.#options.clock.now();
    const outcome = await startTls(this.#opened().release(), {
      serverName,
      insecure,
      timeoutMs: this.#left(this.#options.timeouts.tls),
      alpn: ["http/1.1"],
      ca: this.#options.ca,
      signal: this.#options.signal,
    });
    const elapsedMs = this.#note("tls", startedAt);
    if ("interruption" in outcome) {
      const { bytesIn, bytesOut, firstBytes } = outcome.seen;
      this.#stop(outcome.interruption, { stage: "tls", role, hop, reused: false, bytesIn, bytesOut, firstBytes, elapsedMs });
    }
    this.#connection = new Connection(outcome.socket);
    this.#connection.tls = outcome.seen;
  }

  #stop(interruption: Interruption, seen: Observation): never {
    this.#fail({ kind: "interrupted", interruption, seen });
  }

  #fail(failure: HopFailure): never {
    throw new DialStopped({ kind: "failed", failure });
  }

  /** Adds to a stage's time: a chain passes some stages more than once. */
  #note(stage: "dns" | "connect" | "handshake" | "tls", startedAt: number): number {
    const elapsedMs = this.#options.clock.now() - startedAt;
    this.#report.ms[stage] = roundMs((this.#report.ms[stage] ?? 0) + elapsedMs);
    return elapsedMs;
  }

  #count(bytesIn: number, bytesOut: number): void {
    this.#report.bytesIn += bytesIn;
    this.#report.bytesOut += bytesOut;
  }

  #left(limitMs: number): number {
    return Math.max(1, Math.min(limitMs, this.#options.deadline - this.#options.clock.now()));
  }
}

/** An IP address is not sent as a name (RFC 6066 section 3). */
const NO_NAME = "0.0.0.0";

/** Of a hop that has not been spoken to. */
export const NOTHING_SEEN: Omit<Observation, "role" | "hop" | "elapsedMs"> = {
  stage: "connect",
  reused: false,
  bytesIn: 0,
  bytesOut: 0,
  firstBytes: new Uint8Array(0),
};
