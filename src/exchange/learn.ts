import { DIRECT_KIN, type Weighed } from "../blame/evidence.ts";
import type { Failure } from "../blame/failure.ts";
import { isInDoubt } from "../blame/fault-sides.ts";
import { type Culprit, type FaultId, isOfTargetSide } from "../core/fault.ts";
import { culpritOf, stageOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault, StageTimes } from "../core/ledger.ts";
import { circuitScopeOf } from "../pool/circuit-scope.ts";
import { DIRECT_WAY } from "../pool/circuit-ways.ts";
import { isTargets } from "../pool/consequences.ts";
import { kinOf } from "../pool/kin.ts";
import { noteFault } from "./attempt-record.ts";
import type { Choice } from "./choose.ts";
import { runControl } from "./control.ts";
import type { Exchange } from "./exchange.ts";
import { ruleOnFault } from "./judge.ts";

/** An attempt that ended. */
export interface Ended {
  readonly exchange: Exchange;
  readonly choice: Choice;
  readonly record: AttemptRecord;
  /** On the clock. */
  readonly startedAt: number;
}

/** Tells the pool of an answer, or of a tunnel that carried bytes. */
export function learnAnswer({ exchange, choice: { lease, slot }, record: { ms } }: Ended): void {
  exchange.slot = lease === null ? slot : lease.slot; // a tunnel, or the body, goes on
  const { pool } = exchange.context;
  const outcome = { kind: "answered", ms: headMs(ms) } as const;
  if (lease === null) pool.recordDirect(exchange.request.target, outcome);
  else {
    lease.slot = null;
    pool.settle(lease, outcome);
  }
}

/** Tells the circuits of a target that works. Apart from the pool, which wants to see an answer's end. */
export function learnTargetWorks(exchange: Exchange, startedAt: number): void {
  const { circuits, settings, clock } = exchange.context;
  exchange.probe = null;
  if (circuits.size > 0) circuits.worked({ target: exchange.targetKey, path: exchange.path }, startedAt, settings.circuit, clock.now());
}

/** Tells the pool that nothing was learned of an exit: the client left, or nothing was tried. */
export function learnNothing(exchange: Exchange, { lease, slot }: Choice): void {
  slot?.release();
  if (lease !== null) exchange.context.pool.settle(lease, { kind: "unjudged" });
  giveProbeBack(exchange);
}

/**
 * Tells pool and circuits of a failure, and gives it back as it reads with what other attempts have shown; so it stands in the attempt's
 * record too.
 */
export function learnFailure(ended: Ended, attributed: AttributedFault): AttributedFault {
  const { exchange, choice, record } = ended;
  // A client that left broke nothing, nor did a hop that closed an idle connection, nor who only was too slow for a client in a hurry.
  if (attributed.fault === exchange.clientFault || attributed.fault.id === "head.keepalive_race" || isHurry(ended, attributed)) {
    learnNothing(exchange, choice);
    return attributed;
  }
  choice.slot?.release();
  const { isForCircuit, told } = tellPool(ended, attributed);
  if (told !== attributed) noteFault(record, told);
  if (isForCircuit) countForCircuit(ended, told);
  return told;
}

/** Faults that are the end of our own patience with a connection. */
const SLOW_TO_OPEN: ReadonlySet<FaultId> = new Set<FaultId>([
  "dns.timeout",
  "connect.timeout",
  "handshake.timeout",
  "tls.handshake_timeout",
]);
/** Who does not get that far in so long is slow for anybody. Milliseconds. */
const OPENS_WITHIN_MS = 1000;

/** It was waited for so shortly only because the client wanted it so: else one client could take exits and targets from all others. */
function isHurry({ exchange, startedAt }: Ended, { fault }: AttributedFault): boolean {
  const { settings, clock } = exchange.context;
  const { total, connect } = settings.timeouts;
  if (exchange.totalMs >= total) return false;
  const waitedMs = clock.now() - startedAt;
  // An answer may take its time, where a connection may not.
  return fault.id === "head.timeout" ? waitedMs < connect : SLOW_TO_OPEN.has(fault.id) && waitedMs < OPENS_WITHIN_MS;
}

/** A probe that learned nothing of its target leaves its place to the next request. */
export function giveProbeBack(exchange: Exchange): void {
  if (exchange.probe === null) return;
  const { circuits, clock } = exchange.context;
  circuits.giveProbeBack(exchange.probe, clock.now());
  exchange.probe = null;
}

/** Settles the lease; what the fault reads as with what others have seen. */
function tellPool(ended: Ended, attributed: AttributedFault): { isForCircuit: boolean; told: AttributedFault } {
  const { exchange, choice } = ended;
  const { lease } = choice;
  const { pool } = exchange.context;
  const { fault, role } = attributed;
  const failure = { fault, role, culprit: culpritOf(fault, role) };
  const outcome = { kind: "failed", ...failure } as const;
  // What came after an answer's head, or out of a tunnel that had opened.
  if (lease !== null) lease.ruling ??= ruleOnFault(fault, exchange.request.target.host, exchange.context.settings);
  const weighed = lease === null ? pool.recordDirect(exchange.request.target, outcome) : pool.settle(lease, outcome);
  if (weighed === null) return { isForCircuit: false, told: attributed };
  const told = withEvidence(attributed, weighed, choice.route.exit?.hops.length ?? 0);
  if (isInDoubt(failure, lease === null)) remember(ended, failure, told);
  return { isForCircuit: isTargets(failure, weighed), told };
}

function remember({ exchange, choice: { lease }, record }: Ended, failure: Failure, told: AttributedFault): void {
  const route = { exit: lease?.exit ?? null, target: exchange.request.target };
  const attempt = exchange.attempts.indexOf(record) + 1;
  exchange.context.revisions.remember(
    { id: exchange.id, attempt, route, failure, record, isOpen: () => !exchange.hasEnded },
    culpritOf(told.fault, told.role),
  );
}

function kinOfLease(lease: Choice["lease"]): string {
  return lease === null ? DIRECT_KIN : kinOf(lease.exit);
}

/** What speaks besides the attempt itself goes with its fault. Where nothing does, that stands as it is: odds alone overrule nobody. */
function withEvidence(attributed: AttributedFault, { culprit, confidence, evidence }: Weighed, exits: number): AttributedFault {
  if (evidence.length === 0) return attributed;
  const hop = hopOf(culprit, attributed.hop, exits);
  return { ...attributed, hop, fault: { ...attributed.fault, culprit, confidence }, evidence };
}

/** The hop that broke is where the culprit is: beyond the exits, or at one of them. */
function hopOf(culprit: Culprit, seen: number, exits: number): number {
  if (isOfTargetSide(culprit)) return exits + 1;
  return culprit === "exit" && seen > exits ? exits : seen;
}

function countForCircuit({ exchange, choice: { lease }, record, startedAt }: Ended, attributed: AttributedFault): void {
  const { circuits, settings, clock, pool } = exchange.context;
  const { fault, role } = attributed;
  const scope = circuitScopeOf(fault.id, culpritOf(fault, role), record.status);
  if (scope === null) {
    if (stageOf(fault) !== "tunnel") learnTargetWorks(exchange, startedAt); // it is there, and does not like this request
    return;
  }
  const failure = {
    attributed,
    status: record.status,
    exit: lease?.exit.id ?? null,
    kin: kinOfLease(lease),
    exchange: exchange.id,
    isProbe: exchange.probe !== null,
  };
  const where = { target: exchange.targetKey, path: exchange.path, scope };
  const ways = lease === null ? DIRECT_WAY : pool.waysTo(exchange.request.target);
  const counted = circuits.failed(where, failure, { ways, rules: settings.circuit, now: clock.now() });
  exchange.probe = null;
  if (counted.kind === "doubt") void runControl(exchange, counted.circuit, failure);
}

function headMs({ connect = 0, handshake = 0, tls = 0, head = 0 }: StageTimes): number {
  return connect + handshake + tls + head;
}
