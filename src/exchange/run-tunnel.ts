import { concludeVerdict } from "../blame/verdict.ts";
import { fault } from "../core/fault.ts";
import { culpritOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { Connection } from "../net/connection.ts";
import { type SpliceEnd, splice } from "../net/splice.ts";
import { noteFault } from "./attempt-record.ts";
import type { ExchangeContext } from "./context.ts";
import type { Tried } from "./decide.ts";
import { Exchange, type ExchangeRequest } from "./exchange.ts";
import { type Joined, replayFirstFlight } from "./first-flight.ts";
import { openRoute } from "./open-route.ts";
import { planTunnel } from "./plan.ts";
import { awaitProof } from "./proof.ts";
import { tunnelStatus } from "./proxy-status.ts";
import { runAttempts } from "./run-attempts.ts";
import { stepThrough } from "./steps.ts";
import type { Ending, Given, Tries } from "./tries.ts";
import type { TunnelClient } from "./tunnel-client.ts";

/** An open tunnel to the target. */
export interface Tunnel {
  readonly hop: Connection;
  readonly route: Route;
  readonly record: AttemptRecord;
}

/** The client's connection, and its counts when the tunnel opened. */
interface ClientSide {
  readonly connection: Connection;
  readonly bytesInBefore: number;
  readonly bytesOutBefore: number;
}

type TunnelEnding = Ending<Tunnel>;
export type Opened = TunnelEnding & { kind: "answer" };

/**
 * One CONNECT or SOCKS request from its head to the tunnel's last byte.
 *
 *     client -> gateway -[exit ->]- target: dial until one is open, say so, watch the first flight, then join both
 */
export async function runTunnel(context: ExchangeContext, client: TunnelClient, request: ExchangeRequest): Promise<void> {
  const exchange = new Exchange(context, request);
  client.observe(exchange);
  const opened = await openedOrBug(exchange, client);
  if (opened.kind === "fault") {
    client.refuse(exchange, opened.attributed);
    return;
  }
  const connection = client.open(tunnelStatus(exchange, opened.answer.record));
  const side: ClientSide = { connection, bytesInBefore: connection.bytesIn - client.requestBytes, bytesOutBefore: connection.bytesOut };
  context.report({ type: "tunnel-opened", id: exchange.id });
  try {
    const flown = await replayFirstFlight(exchange, connection, opened, () => openAny(exchange));
    if (flown.kind === "fault") breakOff(exchange, side, flown.attributed);
    else await join(exchange, side, flown);
  } catch (bug) {
    breakOff(exchange, side, BUG);
    throw bug;
  } finally {
    context.report({ type: "tunnel-closed", id: exchange.id });
  }
}

const BUG: AttributedFault = {
  fault: fault("gateway.internal_error", "the gateway has a bug; its log has the stack"),
  role: "target",
  hop: 0,
};

async function openedOrBug(exchange: Exchange, client: TunnelClient): Promise<TunnelEnding> {
  try {
    return await openAny(exchange);
  } catch (bug) {
    client.refuse(exchange, BUG);
    throw bug;
  }
}

function openAny(exchange: Exchange): Promise<TunnelEnding> {
  return new Promise((onEnd, onBug) => stepThrough(runAttempts(exchange, tunnelTries(exchange)), { onEnd, onBug }));
}

function tunnelTries(exchange: Exchange): Tries<Tunnel> {
  return {
    attempt: (given, to) => to.tell(openTunnel(exchange, given)),
    isRepeatable: () => true, // nothing of the client's has left before the success reply
    isWhole: () => true,
    mayHedge: () => true,
    drop: ({ hop }) => hop.destroy(),
  };
}

async function openTunnel(exchange: Exchange, given: Given): Promise<Tried<Tunnel>> {
  const { route } = given;
  const record = exchange.openAttempt(route);
  const opened = await openRoute(exchange, planTunnel(route, given.addresses), given, record);
  if ("attributed" in opened) return { kind: "fault", attributed: opened.attributed, record, reachedTarget: false };
  record.stage = "tunnel";
  return { kind: "answer", answer: { hop: opened.connection, route, record }, judged: null, ruling: null, record };
}

async function join(exchange: Exchange, side: ClientSide, { answer, silentMs, unproved }: Joined): Promise<void> {
  const { hop, record, route } = answer;
  const { pool, settings } = exchange.context;
  const { tunnelIdle, tunnelHalfClosed } = settings.timeouts;
  const carrier = pool.carry(route.exit);
  const proof = awaitProof(exchange, unproved);
  const end = await splice(side.connection, hop, {
    idleMs: tunnelIdle,
    halfClosedMs: tunnelHalfClosed,
    silentMs,
    onAnswer: proof.onAnswer,
  });
  pool.letGo(carrier);
  record.bytesIn = hop.bytesIn;
  record.bytesOut = hop.bytesOut;
  const attributed = attributeEnd(end, record, tunnelIdle);
  if (attributed !== null) noteFault(record, attributed);
  const told = proof.end(attributed, end) ?? attributed;
  exchange.end({
    outcome: attributed !== null ? "failed" : exchange.answeredAs,
    status: 200,
    verdict: told === null ? null : concludeVerdict(told, exchange.attempts),
    ...bytesOf(side),
  });
}

/** A tunnel that ended otherwise than by its client, or by FINs of both sides. */
function attributeEnd({ how, side, bytesFromHop }: SpliceEnd, record: AttemptRecord, idleMs: number): AttributedFault | null {
  const hop = record.route.length;
  if (how === "idle") return { fault: fault("tunnel.idle_timeout", `no byte in either direction for ${idleMs} ms`), role: "target", hop };
  if (how === "closed" || side === "client") return null;
  return { fault: fault("tunnel.reset", `reset from the far side after ${bytesFromHop} bytes from it`), role: "target", hop };
}

/** The client already has our success reply: all that is left is to end so that it notices. */
function breakOff(exchange: Exchange, side: ClientSide, attributed: AttributedFault): void {
  side.connection.reset();
  const isClient = culpritOf(attributed.fault, attributed.role) === "client";
  exchange.end({
    outcome: isClient ? "aborted" : "failed",
    status: 200,
    verdict: concludeVerdict(attributed, exchange.attempts),
    ...bytesOf(side),
  });
}

function bytesOf({ connection, bytesInBefore, bytesOutBefore }: ClientSide): { bytesFromClient: number; bytesToClient: number } {
  return { bytesFromClient: connection.bytesIn - bytesInBefore, bytesToClient: connection.bytesOut - bytesOutBefore };
}
