import { formatHostPort } from "../core/address.ts";
import { type Clock, roundMs } from "../core/clock.ts";
import { type Fault, type FaultId, fault } from "../core/fault.ts";
import type { AttemptRecord, ExchangeRecord, Outcome, Verdict } from "../core/ledger.ts";
import type { RequestParams } from "../core/params.ts";
import type { Route, Target } from "../core/route.ts";
import { Cancellation, type CancelSignal } from "../net/cancellation.ts";
import type { ClientInfo, ClientObserver } from "../net/client-stream.ts";
import type { Circuit } from "../pool/circuit.ts";
import type { Limited, Slot } from "../pool/limits.ts";
import { newAttemptRecord } from "./attempt-record.ts";
import type { ExchangeContext } from "./context.ts";

/** What a client asks for, admitted and parsed. */
export interface ExchangeRequest {
  readonly protocol: ExchangeRecord["protocol"];
  readonly method: string;
  readonly target: Target;
  /** For records and bodies: without userinfo, query values as `log.query` says. */
  readonly shownTarget: string;
  readonly params: RequestParams;
  readonly client: ClientInfo;
  readonly user: string | null;
  /** Only public addresses may be reached: the listener is public and no setting says otherwise. */
  readonly publicOnly: boolean;
  /** A field, lower case, that is meant for us and not passed on; null: none. */
  readonly ownField: string | null;
  /** What the ledger should say that is no fault. */
  readonly notes: readonly string[];
}

/** What an exchange came to. */
interface ExchangeEnd {
  readonly outcome: Outcome;
  readonly status: number | null;
  readonly verdict: Verdict | null;
  readonly bytesFromClient: number;
  readonly bytesToClient: number;
}

/** What an exchange is at: it hears of the client. */
export interface Engagement {
  /** The client is gone or its request broke: this is to stop. */
  onClientFault(value: Fault): void;
  /** The client has read what was written to it. */
  onClientRoom(): void;
}

const NONE: ReadonlySet<string> = new Set();
/** Of our login or plan, which every exit of a vendor has. */
const OF_ACCOUNT: readonly FaultId[] = ["handshake.auth_required", "handshake.auth_failed", "handshake.quota_exceeded"];

/** One exchange: its ledger, its limits, and what its client does meanwhile. */
export class Exchange implements ClientObserver {
  readonly id: string;
  readonly context: ExchangeContext;
  readonly request: ExchangeRequest;
  readonly startedAt: number;
  /** On the clock: by when the first byte of a final response must be there. */
  deadline: number;
  /** Records are kept: an array of just the right size takes the place of the one before it. */
  attempts: readonly AttemptRecord[] = [];
  notes: readonly string[];
  /** On the clock: when the request's body was complete; 0 where it has none. */
  bodySentAt = 0;
  /** Attempts that may have reached the target. */
  reached = 0;
  /** Attempts that died before it. */
  diedBefore = 0;
  /** Set once the client is gone or its request broke: nothing more is worth trying. */
  clientFault: Fault | null = null;
  engagement: Engagement | null = null;
  /** The limit that the last look for a route has met; null: none. */
  limited: Limited | null = null;
  /** No turn came at what it was at the limit of. */
  limitFault: Fault | null = null;
  /** What the attempt that answered counts as against limits, until all is over. */
  slot: Slot | null = null;
  /** Of the request; null for a tunnel. */
  path: string | null = null;
  /** This exchange finds out whether its target is back. */
  probe: Circuit | null = null;
  readonly #at: string;
  #freshSocketTaken = false;
  #second503Taken = false;
  #cancellation: Cancellation | null = null;
  #ended = false;

  constructor(context: ExchangeContext, request: ExchangeRequest) {
    this.context = context;
    this.request = request;
    this.notes = request.notes;
    this.id = context.nextId();
    this.startedAt = context.clock.now();
    this.#at = isoTime(context.clock, this.startedAt);
    this.deadline = this.startedAt + this.totalMs;
  }

  /** `host:port`. */
  get targetKey(): string {
    return formatHostPort(this.request.target);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Milliseconds that all attempts may take. */
  get totalMs(): number {
    const { total } = this.context.settings.timeouts;
    const { timeoutMs } = this.request.params;
    return timeoutMs === null ? total : Math.min(timeoutMs, total);
  }

  get attemptsMax(): number {
    const { max } = this.context.settings.attempts;
    const { maxAttempts } = this.request.params;
    return maxAttempts === null ? max : Math.min(maxAttempts, max);
  }

  /** How many attempts may die before the target. */
  get exitDeathsMax(): number {
    const { exits } = this.context.settings.attempts;
    const { maxAttempts } = this.request.params;
    return maxAttempts === null ? exits : Math.min(maxAttempts, exits);
  }

  /** What an exchange came to that has its answer: one beside which another attempt was only slower was not rescued. */
  get answeredAs(): "ok" | "rescued" {
    return this.attempts.length > 1 && this.attempts.some(({ fault: value }) => value !== null) ? "rescued" : "ok";
  }

  /** Ids of exits that were tried. */
  triedExits(): ReadonlySet<string> {
    return this.attempts.length === 0 ? NONE : new Set(this.attempts.map(({ exit }) => exit ?? ""));
  }

  /**
   * How often an exit (null: the direct route) was tried; a socket that the hop was closing does not count. Infinitely often where the
   * target refused it: it would again.
   */
  triesOf(exit: string | null): number {
    let tries = 0;
    for (const attempt of this.attempts) {
      if (attempt.exit !== exit || attempt.fault === "head.keepalive_race") continue;
      tries += attempt.fault === "relay.blocked" || attempt.fault === "relay.rate_limited" ? Number.POSITIVE_INFINITY : 1;
    }
    return tries;
  }

  /** The exit refused our account, whichever exit of its vendor's would have been next. */
  wasRefusedBy(exit: string): boolean {
    return this.attempts.some((attempt) => attempt.exit === exit && attempt.fault !== null && OF_ACCOUNT.includes(attempt.fault));
  }

  /** True once: a socket that the hop was closing is replaced outside the attempt count. */
  takeFreshSocket(): boolean {
    const first = !this.#freshSocketTaken;
    this.#freshSocketTaken = true;
    return first;
  }

  /** True once: a site that says 503 is asked a second time, no more. */
  takeSecondTryOf503(): boolean {
    const first = !this.#second503Taken;
    this.#second503Taken = true;
    return first;
  }

  /** Aborted when the client goes. Made only where somebody waits on it. */
  get signal(): CancelSignal {
    this.#cancellation ??= new Cancellation();
    if (this.clientFault !== null) this.#cancellation.cancel();
    return this.#cancellation;
  }

  onLeft(): void {
    this.onBodyFault(fault("client.closed_waiting", `the client left after ${Math.round(this.context.clock.now() - this.startedAt)} ms`));
  }

  onBodyFault(value: Fault): void {
    if (this.clientFault !== null) return;
    this.clientFault = value;
    this.#cancellation?.cancel();
    this.engagement?.onClientFault(value);
  }

  onDrain(): void {
    this.engagement?.onClientRoom();
  }

  /** Says in the record what is no fault. */
  note(text: string): void {
    this.notes = [...this.notes, text];
  }

  /** The request's body is complete: the deadline for an answer starts now. */
  bodySent(): void {
    this.bodySentAt = this.context.clock.now();
    this.deadline = Math.max(this.deadline, this.bodySentAt + this.totalMs);
  }

  openAttempt(route: Route): AttemptRecord {
    const record = newAttemptRecord(route);
    this.attempts = this.attempts.length === 0 ? [record] : [...this.attempts, record];
    return record;
  }

  /** Ends the record and reports it, once. `now` is on the clock. */
  end(ending: ExchangeEnd, now: number = this.context.clock.now()): void {
    if (this.#ended) return;
    this.#ended = true;
    this.engagement = null;
    this.slot?.release();
    const { outcome, status, verdict, bytesFromClient, bytesToClient } = ending;
    const { protocol, method, shownTarget, client, user } = this.request;
    this.context.report({
      type: "exchange-ended",
      record: {
        id: this.id,
        at: this.#at,
        client: { address: client.address, user },
        protocol,
        method,
        target: shownTarget,
        outcome,
        status,
        verdict,
        attempts: this.attempts,
        notes: this.notes,
        ms: roundMs(now - this.startedAt),
        bytesFromClient,
        bytesToClient,
      },
    });
  }
}

let latest = { clock: null as Clock | null, at: 0, text: "" };

/** The wall time at `now`, to the millisecond. Busy gateways start many exchanges in one, and to read that clock costs most of this. */
function isoTime(clock: Clock, now: number): string {
  const sinceMs = now - latest.at;
  if (latest.clock !== clock || !(sinceMs >= 0 && sinceMs < 1)) latest = { clock, at: now, text: new Date(clock.wall()).toISOString() };
  return latest.text;
}
