import type { HostPort } from "../../core/address.ts";
import type { Culprit, FaultId } from "../../core/fault.ts";
import type { Outcome } from "../../core/ledger.ts";
import type { Pacing } from "../../core/pool-settings.ts";
import type { Exit } from "../../core/route.ts";
import type { Rule } from "../../core/rule.ts";
import type { AttemptLimits, Config, ExchangeSettings, Limits, ListenerSettings, TargetPolicy, Timeouts } from "../../core/settings.ts";
import type { Resolver } from "../../net/resolve.ts";
import type { ConnectTcp } from "../fake-dialler.ts";
import type { RawAnswer } from "../raw-client.ts";

/** How a fault is staged: a world to start, with a gateway over it. */
export interface Stage {
  /** A sentence: who does what. */
  readonly title: string;
  readonly expected: Expected;
  start(): Promise<StagedWorld>;
}

/** What must come of it over the world's own exits. */
export interface Expected {
  /** As the client gets it; null: none. */
  readonly status: number | null;
  /** Of the exchange's verdict; where it was rescued or went on, of its first failed attempt. */
  readonly fault: FaultId;
  readonly culprit: Culprit;
  /** Null: no exchange is recorded. */
  readonly outcome: Outcome | null;
  /** How the client's answer ends: by its own framing, or broken off. */
  readonly ending: "complete" | "broken";
  /** Attempts in the record. */
  readonly attempts: number;
}

/** Everything that runs for a stage, but for the gateway. */
export interface StagedWorld extends AsyncDisposable {
  /** The pool; none: the gateway goes direct. */
  readonly exits: readonly Exit[];
  /** An exit by which the same request works; null where no exit can rescue it. */
  readonly rescuer: Exit | null;
  readonly resolver: Resolver;
  readonly connectTcp: ConnectTcp;
  readonly changes: Changes;
  /** The client's part; gives the last answer that it got. */
  play(gateway: StagedGateway): Promise<RawAnswer>;
}

/** As much of a gateway as a client's part needs. */
export interface StagedGateway {
  readonly addresses: readonly HostPort[];
  drain(timeoutMs: number): Promise<void>;
}

/** What a stage wants other than the default. */
export interface Changes {
  readonly timeouts?: Partial<Timeouts>;
  readonly attempts?: Partial<AttemptLimits>;
  readonly pacing?: Partial<Pacing>;
  readonly rules?: readonly Rule[];
  readonly limits?: Partial<Limits>;
  readonly targets?: Partial<TargetPolicy>;
  readonly listener?: Partial<ListenerSettings>;
  /** PEM certificates to trust. */
  readonly ca?: readonly string[];
}

/** The config that a world asks for: on a free port, without admin listener, with as many attempts as there are exits. */
export function configureFor(world: StagedWorld, base: Config, exits: readonly Exit[] = world.exits): Config {
  const { changes } = world;
  const [listener] = base.listeners as readonly [ListenerSettings];
  const tries = Math.max(exits.length, 1);
  const exchange: ExchangeSettings = {
    ...base.exchange,
    direct: exits.length === 0 ? "only" : "never",
    timeouts: { ...base.exchange.timeouts, ...changes.timeouts },
    attempts: { ...base.exchange.attempts, max: tries, exits: tries, ...changes.attempts },
    pacing: { ...base.exchange.pacing, ...changes.pacing },
    rules: changes.rules ?? base.exchange.rules,
    limits: { ...base.exchange.limits, ...changes.limits },
    targets: { ...base.exchange.targets, ...changes.targets },
    ca: changes.ca ?? null,
  };
  return {
    ...base,
    listeners: [{ ...listener, host: "127.0.0.1", port: 0, ...changes.listener }],
    admin: null,
    sources: [{ kind: "inline", exits }],
    exchange,
  };
}
