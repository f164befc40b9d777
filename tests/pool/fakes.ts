import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import type { PoolSettings } from "../../src/core/pool-settings.ts";
import type { Exit, HopRole, Target } from "../../src/core/route.ts";
import type { Lease, LeaseOutcome } from "../../src/pool/lease.ts";
import { Pool } from "../../src/pool/pool.ts";

export const TARGET: Target = { scheme: "tcp", host: "site.example", port: 443 };
const NONE: ReadonlySet<string> = new Set();

/** A clock that stands still until it is moved. */
class FakeClock implements Clock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  wall(): number {
    return this.ms;
  }
}

/** Numbers that look random and are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function exitOf(id: string, more: Partial<Exit> = {}): Exit {
  const hops = [{ scheme: "http", host: `${id}.example`, port: 8080, username: null, password: null, insecure: false }] as const;
  return { id, hops, tags: {}, rotating: false, weight: 1, ...more };
}

export interface Fixture {
  readonly pool: Pool;
  readonly clock: FakeClock;
  readonly events: GatewayEvent[];
  take(params?: Partial<RequestParams>, tried?: ReadonlySet<string>): Lease | null;
  /** Takes one exit by its id, so that a test decides whose attempt it is. */
  takeExit(id: string): Lease;
  stateOf(id: string): string | undefined;
}

export function poolOf(exits: readonly Exit[], random: () => number = seeded(1), settings: PoolSettings = DEFAULTS.pool): Fixture {
  const clock = new FakeClock();
  const events: GatewayEvent[] = [];
  const pool = new Pool({ settings, clock, random, report: (event) => events.push(event) });
  pool.load(exits);
  const take: Fixture["take"] = (params = {}, tried = NONE) => pool.take({ target: TARGET, params: { ...NO_PARAMS, ...params } }, tried);
  return {
    pool,
    clock,
    events,
    take,
    takeExit: (id) => take({ filter: { exit: id, tags: {} } }) as Lease,
    stateOf: (id) => pool.snapshot().find((exit) => exit.id === id)?.state,
  };
}

export function failed(id: FaultId, culprit: Culprit, role: HopRole = "exit", more: Parameters<typeof fault>[2] = {}): LeaseOutcome {
  return { kind: "failed", fault: fault(id, "seen", more), culprit, role };
}

export const REFUSED: LeaseOutcome = failed("connect.refused", "exit");
export const ANSWERED: LeaseOutcome = { kind: "answered", ms: 100 };
export const UNJUDGED: LeaseOutcome = { kind: "unjudged" };
