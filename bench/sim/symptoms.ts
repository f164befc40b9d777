import type { Failure } from "../../src/blame/failure.ts";
import type { Random } from "../../src/core/clock.ts";
import { type Culprit, type FaultId, fault } from "../../src/core/fault.ts";
import { culpritOf } from "../../src/core/fault-table.ts";
import type { HopRole } from "../../src/core/route.ts";
import type { Truth } from "./laws.ts";

/** How an exit's software words what it met. */
export const DIALECTS = ["squid", "bare-502", "bare-503", "socks", "closes"] as const;
export type Dialect = (typeof DIALECTS)[number];

/** How a dead exit is dead. Without its uplink it looks exactly as if every target were down. */
export const DEATHS = ["refuses", "black-hole", "mute", "no-uplink"] as const;
export type Death = (typeof DEATHS)[number];

export interface Symptom {
  readonly failure: Failure;
  /** Until it shows. */
  readonly ms: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const HEAD_TIMEOUT_MS = 10_000;
const NO_ROUTE_MS = 1;

/** What the gateway may see of a failure, and how likely that is. */
export type Chances = readonly (readonly [chance: number, Symptom])[];

/** What the gateway sees of a failure: with the confidences that attribution gives. */
export function symptomOf(chances: Chances, random: Random): Symptom {
  const [[, only]] = chances as readonly [[number, Symptom]];
  if (chances.length === 1) return only;
  let left = random();
  for (const [chance, symptom] of chances) if ((left -= chance) < 0) return symptom;
  return (chances.at(-1) as readonly [number, Symptom])[1];
}

export function chancesOf({ side, how }: Pick<Truth, "side" | "how">, { dialect, death, ms }: Looks): Chances {
  if (side === "network") {
    return how === "silent"
      ? surely(symptom("connect.timeout", "exit", { ms: CONNECT_TIMEOUT_MS }))
      : surely(symptom("connect.net_unreachable", "exit", { ms: NO_ROUTE_MS }));
  }
  if (side === "exit") {
    if (how === "slow") return alike(silence(dialect), late());
    return how === "dead" ? surely(ofDeath(death, dialect, ms)) : ofFlakyExit(dialect, ms);
  }
  if (side === "pair") return alike(closedInTls(ms), symptom("head.closed_empty", "target", { ms: 2 * ms, confidence: 0.6 }));
  switch (how) {
    case "silent":
      return surely(silence(dialect));
    case "closes":
      return surely(closedInTls(ms));
    case "slow":
      return surely(late());
    case "5xx":
      return [
        [0.3, symptom("relay.edge_5xx", "target", { ms: 2 * ms, confidence: 0.65 })],
        [0.7, symptom("relay.origin_5xx", "target", { ms: 2 * ms, confidence: 0.5 })],
      ];
    default:
      return surely(refusedDial(dialect, ms));
  }
}

/** What an exit's failures look like. */
export interface Looks {
  readonly dialect: Dialect;
  readonly death: Death;
  /** Of a round trip. */
  readonly ms: number;
}

function surely(only: Symptom): Chances {
  return [[1, only]];
}

function alike(...symptoms: readonly Symptom[]): Chances {
  return symptoms.map((each) => [1 / symptoms.length, each]);
}

function ofDeath(death: Death, dialect: Dialect, roundTripMs: number): Symptom {
  if (death === "refuses") return symptom("connect.refused", "exit", { ms: roundTripMs / 4 });
  if (death === "black-hole") return symptom("connect.timeout", "exit", { ms: CONNECT_TIMEOUT_MS });
  if (death === "mute") return symptom("handshake.timeout", "exit", { ms: CONNECT_TIMEOUT_MS });
  return refusedDial(dialect, roundTripMs);
}

function ofFlakyExit(dialect: Dialect, roundTripMs: number): Chances {
  return alike(
    refusedDial(dialect, roundTripMs),
    closedInTls(roundTripMs),
    silence(dialect),
    symptom("handshake.reset", "exit", { ms: roundTripMs / 2 }),
  );
}

/** The exit could not reach the target, and says so as its software does. */
function refusedDial(dialect: Dialect, ms: number): Symptom {
  switch (dialect) {
    case "squid":
      return symptom("handshake.target_refused", "exit", { ms });
    case "socks":
      return symptom("handshake.connect_rejected", "exit", { ms, confidence: 0.5 });
    case "closes":
      return symptom("handshake.closed", "exit", { ms });
    default:
      return symptom("handshake.connect_rejected", "exit", { ms, confidence: 0.6 });
  }
}

function silence(dialect: Dialect): Symptom {
  const ms = CONNECT_TIMEOUT_MS;
  return symptom("handshake.timeout", "exit", dialect === "socks" ? { ms, confidence: 0.5 } : { ms });
}

function late(): Symptom {
  return symptom("head.timeout", "target", { ms: HEAD_TIMEOUT_MS, confidence: 0.53 });
}

function closedInTls(ms: number): Symptom {
  return symptom("tls.closed_in_handshake", "target", { ms: 1.5 * ms, confidence: 0.45 });
}

interface Seen {
  readonly ms: number;
  readonly confidence?: number;
  readonly culprit?: Culprit;
}

function symptom(id: FaultId, role: HopRole, { ms, ...evidence }: Seen): Symptom {
  const value = fault(id, "simulated", evidence);
  return { failure: { fault: value, culprit: culpritOf(value, role), role }, ms };
}
