import type { HostPort } from "../core/address.ts";
import { type Culprit, type Fault, type FaultId, fault, isOfTargetSide, type Stage } from "../core/fault.ts";
import { confidenceOf, culpritOf, FAULTS } from "../core/fault-table.ts";
import type { AttributedFault, HopFailure, Interruption, Observation } from "../core/ledger.ts";
import type { RefusedConnect } from "../core/message.ts";
import type { ExitHop, Route, Target } from "../core/route.ts";
import { attributeBody, attributeExchange, attributeTunnel } from "./answer-stages.ts";
import { claimOfRefusedConnect, faultOfClaim } from "./claims/read-claim.ts";
import { type KnownVendor, vendorIdOf } from "./claims/vendor-statuses.ts";
import { attributeConnect, attributeExhaustion } from "./connect-stage.ts";
import { attributeDns } from "./dns-stage.ts";
import { identify } from "./fingerprints.ts";
import { attributeHandshake, isDialling } from "./handshake-stage.ts";
import { refineMalformed } from "./malformed.ts";
import { withoutPasswords } from "./quoted-passwords.ts";
import { attributeTls } from "./tls-stage.ts";

/**
 * Why an attempt failed, and at which hop: decided from what its sockets showed, never from an error's message.
 *
 *     gateway -> exit 1 -> exit 2 -> target        hops 1, 2, 3
 *
 * `role` is that of the hop which showed it (culprit and retry class of a row go by it); `hop` is the one that broke, which an exit may
 * only have reported; 0 where none of them did. What an exit says of its password is not repeated.
 */
export function attribute(failure: HopFailure, route: Route): AttributedFault {
  return withoutPasswords(blame(failure, route), route.exit);
}

function blame(failure: HopFailure, route: Route): AttributedFault {
  const { seen } = failure;
  const judged = doubtExits(judge(failure, route), failure, route);
  const isOfNextHop = seen.role === "exit" && seen.hop < exitHops(route);
  if (isOfNextHop && isRefusalOfNextHop(judged)) return connectFailed(judged, seen, route);
  return { fault: judged, role: seen.role, hop: brokenHop(judged, seen, route) };
}

/** The same of a target's name that was looked up here, ahead of any hop. */
export function attributeUnresolved(interruption: Interruption, elapsedMs: number, target: Target): AttributedFault {
  const nothing = { reused: false, bytesIn: 0, bytesOut: 0, firstBytes: new Uint8Array(0) };
  const seen: Observation = { stage: "dns", role: "target", hop: 1, ...nothing, elapsedMs };
  return attribute({ kind: "interrupted", interruption, seen }, { exit: null, target });
}

function judge(failure: HopFailure, route: Route): Fault {
  const { seen } = failure;
  const exit = seen.role === "exit" ? exitAt(seen.hop, route) : null;
  if (failure.kind === "refused") {
    const vendor = exit === null ? null : vendorOf(exit, route);
    return attributeRefusedConnect(failure.reply, askedOf(seen.hop, route), exit?.username != null, vendor);
  }
  if (failure.kind === "fault") return refineMalformed(failure.fault, seen, exit?.scheme ?? null);
  const value = byStage(failure.interruption, seen, exit);
  return value.stage === null && FAULTS[value.id].stage !== seen.stage ? { ...value, stage: seen.stage } : value;
}

/** What a reply that did not open the tunnel proves, in its own words. */
export function attributeRefusedConnect(
  { status, reason, fields, body }: RefusedConnect,
  asked: HostPort,
  authenticated: boolean,
  vendor: KnownVendor | null = null,
): Fault {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const refusal = { status, reason, fields, text, asked, authenticated, hasSession: vendor?.hasSession === true };
  const maker = identify(status, fields, text).find(({ made }) => made)?.name ?? null;
  return faultOfClaim(claimOfRefusedConnect(refusal, maker, vendor), refusal);
}

/** Of a chain, the tags are the last exit's. */
function vendorOf(exit: ExitHop, { exit: whole }: Route): KnownVendor | null {
  const id = whole !== null && whole.hops.at(-1) === exit ? vendorIdOf(whole.tags) : null;
  return id === null ? null : { id, hasSession: /[-_.](?:session|sessid|sid)[-_]/i.test(exit.username ?? "") };
}

function byStage(interruption: Interruption, seen: Observation, exit: ExitHop | null): Fault {
  if (interruption.how === "left") return fault(clientLeft(seen.stage), `the client left after ${Math.round(seen.elapsedMs)} ms`);
  const own = interruption.how === "errno" ? attributeExhaustion(interruption.code) : null;
  if (own !== null) return own;
  switch (seen.stage) {
    case "dns":
      return attributeDns(interruption, seen);
    case "connect":
      return attributeConnect(interruption, seen);
    case "handshake":
      return attributeHandshake(interruption, seen, exit?.scheme ?? null);
    case "tls":
      return attributeTls(interruption, seen, exit?.scheme ?? null);
    case "write":
    case "head":
      return attributeExchange(interruption, seen);
    case "body":
    case "trailers":
      return attributeBody(interruption, seen);
    case "tunnel":
      return attributeTunnel(interruption, seen);
    default:
      return fault("gateway.internal_error", `no hop is spoken to at the stage ${seen.stage}`);
  }
}

/** A client that leaves is never a hop's fault. */
function clientLeft(stage: Stage): FaultId {
  if (stage === "write") return "client.closed_during_request";
  return stage === "body" || stage === "trailers" || stage === "tunnel" || stage === "reply"
    ? "client.closed_during_response"
    : "client.closed_waiting";
}

/**
 * What came out of a tunnel passed through the exit: where it is silence, an end or garbage, the exit may have made it. The other way
 * round, an exit that has our request and falls silent may wait for a target that does not answer TCP.
 */
function doubtExits(value: Fault, failure: HopFailure, route: Route): Fault {
  const { stage, role, hop } = failure.seen;
  if (value.id === "handshake.timeout" && hop === exitHops(route) && isDialling(failure.seen, exitAt(hop, route))) {
    return { ...value, details: `${value.details}; it may be waiting for the target`, confidence: EVEN };
  }
  const isTunnelled = role === "target" && route.exit !== null && stage !== "dns" && stage !== "connect";
  if (isTunnelled && value.id === "tls.protocol_mismatch" && isWebPage(failure.seen.firstBytes)) {
    return {
      ...value,
      culprit: "exit",
      confidence: 0.7,
      details: `${value.details}; a page in the place of TLS is an exit's or a captive portal's`,
    };
  }
  if (role === "exit" && RELAYED_AS_THEY_CAME.has(value.id)) return { ...value, confidence: PASSED_ON };
  // The faults of a tunnel itself say so in their confidence already.
  if (!isTunnelled || stage === "tunnel" || value.culprit !== null || FAULTS[value.id].inDoubt === "never") return value;
  return { ...value, confidence: Math.round(confidenceOf(value) * 75) / 100 };
}

const EVEN = 0.5;

/** Small exits pass on what a site writes as it is, malformed too: only what comes of other sites and other exits tells whose it is. */
const RELAYED_AS_THEY_CAME: ReadonlySet<FaultId> = new Set<FaultId>([
  "head.bad_status_line",
  "head.bad_field",
  "head.bad_framing",
  "head.bad_transfer_coding",
  "head.unexpected_1xx",
  "body.bad_chunk",
  "trailers.too_large",
  "trailers.invalid",
]);
const PASSED_ON = 0.55;

/** A web server that is sent a ClientHello says 400; whoever has a page to show for it did not look at what was sent. */
function isWebPage(firstBytes: Uint8Array): boolean {
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(Buffer.from(firstBytes).toString("latin1")) ?? [];
  return status !== undefined && status !== "400";
}

function isRefusalOfNextHop({ id }: Fault): boolean {
  return id === "handshake.connect_rejected" || id.startsWith("handshake.target_");
}

/** In a chain, an exit's word about its target is about the next exit. Where it proves a failed dial, that one is the broken hop. */
function connectFailed(refusal: Fault, { role, hop }: Observation, route: Route): AttributedFault {
  const isOwnFault = refusal.culprit === "exit" || (refusal.id === "handshake.connect_rejected" && refusal.culprit !== "origin");
  // What our own side could not ask for (an IPv6 address over SOCKS4) stays ours.
  const culprit: Culprit = refusal.culprit === "gateway" ? "gateway" : "exit";
  const details = `hop ${hop} could not reach hop ${hop + 1}: ${refusal.details}`;
  const value = fault("handshake.connect_failed", details, { ...evidenceOf(refusal), culprit });
  return { fault: value, role, hop: isOwnFault || hop + 1 > exitHops(route) ? hop : hop + 1 };
}

function evidenceOf(value: Fault): Partial<Fault> {
  return { params: value.params, confidence: confidenceOf(value), retryAfterMs: value.retryAfterMs };
}

function brokenHop(value: Fault, { role, hop }: Observation, route: Route): number {
  const culprit = culpritOf(value, role);
  if (culprit === "client" || value.id.startsWith("gateway.")) return 0;
  const isBehindExits = isOfTargetSide(culprit) || (culprit === "dns" && value.id.startsWith("handshake."));
  if (culprit === "exit" && role === "target") return exitHops(route); // what came out of a tunnel was put there by the last of them
  return isBehindExits ? exitHops(route) + 1 : hop;
}

function exitHops(route: Route): number {
  return route.exit?.hops.length ?? 0;
}

function exitAt(hop: number, route: Route): ExitHop | null {
  return route.exit?.hops[hop - 1] ?? null;
}

/** What the hop was to reach: the next exit of the chain, or the target. */
function askedOf(hop: number, route: Route): HostPort {
  return exitAt(hop + 1, route) ?? route.target;
}
