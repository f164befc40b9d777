import type { IncidentIndex } from "./incident-index.ts";
import { type Incident, PAUSE_MS, shareTarget } from "./incidents.ts";
import type { LogProgram } from "./log-event.ts";
import { isConsequence } from "./log-faults.ts";

/** Lines of two logs, or of two workers, may be written in the wrong order. */
export const NEAR_MS: number = 5000;

/**
 * The incidents from which one that is only a consequence may follow, the likeliest first; empty: it stands for itself. Lines do not say what
 * came from what: where several began together, all of them are named.
 */
export function causesIn(one: Incident, index: IncidentIndex): Incident[] {
  if (!isConsequence(one.fault) || one.first === null) return [];
  const { first } = one;
  const sameBackend = index.causesAt(one.backend).filter((other) => isDuring(other, first) && mayFollow(one, other));
  const candidates = sameBackend.length > 0 ? sameBackend : nearestOf(one, first, index);
  const distance = (other: Incident) => Math.abs(first - (other.first ?? 0));
  const ordered = candidates.toSorted((a, b) => distance(a) - distance(b) || b.count - a.count);
  const nearest = ordered[0] === undefined ? 0 : distance(ordered[0]);
  const together = ordered.filter((other) => distance(other) <= nearest + NEAR_MS);
  const sameTarget = together.filter((other) => shareTarget(one, other));
  return (sameTarget.length > 0 ? sameTarget : together).slice(0, CAUSES_MAX);
}

function nearestOf(one: Incident, first: number, index: IncidentIndex): Incident[] {
  const found: Incident[] = [];
  let looked = 0;
  let until = Number.POSITIVE_INFINITY;
  for (const other of index.causesNear(first)) {
    const distance = Math.abs(first - (other.first ?? 0));
    if (distance > until || ++looked > LOOKED_MAX) break;
    if (!isDuring(other, first) || !mayFollow(one, other)) continue;
    until = Math.min(until, distance + NEAR_MS);
    found.push(other);
  }
  return found;
}

/** Beyond so many that began nearer, nothing says any more that one has to do with the other. */
const LOOKED_MAX = 256;

/** It began before, and was not over for long. */
function isDuring(other: Incident, first: number): boolean {
  return (other.first ?? 0) <= first + NEAR_MS && (other.last ?? 0) >= first - PAUSE_MS;
}

/**
 * A gateway that gives a backend up does so for failures before, of whatever was asked for. An answer follows only from what has to do with
 * it: a site behind a forward proxy does not fail because another one did, and why a backend answered 5xx only another log can tell.
 */
function mayFollow(one: Incident, other: Incident): boolean {
  if (one.program !== other.program) return true;
  // These name a backend's servers by it.
  if (one.fault.startsWith("gateway.")) return !NAMES_SERVERS.has(one.program) || one.backend === null || isOf(one.backend, other.backend);
  if (one.fault.startsWith("relay.")) return false;
  const isUnasked = other.targets.size === 0 && /^(?:connect|dns|tls)\./.test(other.fault);
  return one.backend === null || isOf(one.backend, other.backend) || isUnasked || shareTarget(one, other);
}

const NAMES_SERVERS: ReadonlySet<LogProgram> = new Set<LogProgram>(["haproxy", "envoy", "alb"]);

/** `app` and its server `app/a`, a host and its port, or the same. */
function isOf(whole: string | null, part: string | null): boolean {
  return whole !== null && part !== null && (part === whole || part.startsWith(`${whole}/`) || part.startsWith(`${whole}:`));
}

/** More than so many say only that much was wrong at once. */
const CAUSES_MAX = 8;
