import { formatHostPort } from "../core/address.ts";
import type { HopState } from "../core/event.ts";
import type { FaultId } from "../core/fault.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import { NEVER } from "./health-numbers.ts";
import type { PoolExit } from "./pool-exit.ts";

/** An exit and what the pool knows of it, for people. Holds no password. */
export interface ExitSnapshot {
  readonly id: string;
  /** Its URLs without passwords, nearest hop first, joined by commas. */
  readonly url: string;
  readonly tags: Exit["tags"];
  readonly rotating: boolean;
  readonly state: HopState;
  /** An operator wants it to take no new request; those in flight run on. */
  readonly draining: boolean;
  /** Milliseconds until its bench is over; 0: it is not benched. */
  readonly benchedForMs: number;
  /** The words of the operator who benched it, perhaps none; null: no operator did. */
  readonly operatorBench: string | null;
  readonly successes: number;
  /** Failures of its own; those of targets and clients are not counted. */
  readonly failures: number;
  /** Attempts and answers under way. */
  readonly inFlight: number;
  /** Tunnels that are open over it. */
  readonly tunnels: number;
  /** Moving average until the first byte of an answer; null before the first. */
  readonly ewmaMs: number | null;
  readonly lastFault: FaultId | null;
  /** Milliseconds since a check last looked at it; null: none did. */
  readonly checkedMsAgo: number | null;
  /** Milliseconds since a check last found it honest; null: none did, or it was found lying since. */
  readonly honestMsAgo: number | null;
}

export function snapshotOf(member: PoolExit, now: number): ExitSnapshot {
  const { exit, health, hold, inFlight, tunnels } = member;
  return {
    id: exit.id,
    url: exit.hops.map(formatHop).join(","),
    tags: exit.tags,
    rotating: exit.rotating,
    state: member.state(now),
    draining: hold?.isDraining ?? false,
    benchedForMs: Math.max(0, Math.ceil(member.benchedUntil - now)),
    operatorBench: hold !== null && hold.benchedUntil > now ? hold.reason : null,
    successes: health.successes,
    failures: health.failures,
    inFlight,
    tunnels,
    ewmaMs: health.ewmaMs === null ? null : Math.round(health.ewmaMs),
    lastFault: health.lastFault,
    checkedMsAgo: msSince(health.checkedAt, now),
    honestMsAgo: msSince(health.honestAt, now),
  };
}

function msSince(at: number, now: number): number | null {
  return at === NEVER ? null : Math.round(now - at);
}

function formatHop(hop: ExitHop): string {
  const user = hop.username === null ? "" : `${encodeURIComponent(hop.username)}@`;
  return `${hop.scheme}://${user}${formatHostPort(hop)}`;
}
