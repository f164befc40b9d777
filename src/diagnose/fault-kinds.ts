import { type FaultId, isOfTargetSide } from "../core/fault.ts";
import { culpritOf, FAULTS, stageOf } from "../core/fault-table.ts";
import type { TestResult } from "./question.ts";

/** What it showed is laid to the target's side, or came from there. */
export function isOfTarget({ attributed }: TestResult): boolean {
  if (attributed === null || isOwn(attributed.fault.id)) return false;
  return isOfTargetSide(culpritOf(attributed.fault, attributed.role)) || attributed.role === "target";
}

/** Nothing answered at all, not even to refuse: whether that lies at the far end or on the way there, one route alone cannot tell. */
export function isUnreached({ attributed }: TestResult): boolean {
  return UNREACHED.test(attributed?.fault.id ?? "");
}

/** A name was not looked up with success here, before any hop was asked. */
export function isUnresolved({ attributed }: TestResult): boolean {
  return attributed !== null && stageOf(attributed.fault) === "dns";
}

/** The target does not want this client. */
export function isBlock(id: FaultId): boolean {
  return id === "relay.blocked" || id === "relay.rate_limited";
}

/** This process or this machine lacks something, whoever is asked. */
export function isOwn(id: FaultId): boolean {
  return id.startsWith("gateway.") || id === "connect.acl_denied";
}

/**
 * An exit that works shows the like where its target does not answer, or passes on what the target sends: a fault of the last exit's answer,
 * or of its refusal, by which its target's cannot be told from its own.
 */
export function mayComeOfTarget({ attributed, spec }: TestResult): boolean {
  if (attributed === null || spec.exit === null) return false;
  const { fault, role, hop } = attributed;
  if (role === "target") return true;
  if (hop < spec.exit.hops.length || NEVER_TARGETS.test(fault.id)) return false;
  return isTold({ attributed }) || PASSED_ON.test(fault.id);
}

/** An exit's own word on its target, or what exits do where their target does not answer, each in its manner. */
export function isTold({ attributed }: Pick<TestResult, "attributed">): boolean {
  if (attributed === null) return false;
  const { fault, role } = attributed;
  if (culpritOf(fault, role) === "gateway") return false; // spoken to in another protocol than its own, it says nothing of anybody
  const isSaid = fault.id === "handshake.connect_rejected" || isOfTargetSide(culpritOf(fault, role));
  return isSaid || FAULTS[fault.id].inDoubt === "always";
}

/** What an exit shows that is spoken to in another protocol than its own. */
export function isStrange({ attributed }: Pick<TestResult, "attributed">): boolean {
  return attributed?.role === "exit" && STRANGE.test(attributed.fault.id);
}

/**
 * A port was asked for a tunnel in this protocol, and opened one, or refused it as only who speaks the protocol does: it named the target as
 * why, or wanted a login. A web server refuses CONNECT too; a reply of SOCKS is none by chance.
 */
export function hasSpoken({ outcome, attributed, spec }: TestResult): boolean {
  if (attributed === null || attributed.role !== "exit") return outcome === "ok";
  const { id } = attributed.fault;
  return REFUSED.test(id) || (id === "handshake.connect_rejected" && (spec.exit?.hops.at(-1)?.scheme.startsWith("socks") ?? false));
}

/** The one showed what the other showed: the same fault, or that whoever was asked did not answer in time. */
export function areAlike(one: TestResult, other: TestResult): boolean {
  const [id, otherId] = [one, other].map(({ attributed }) => attributed?.fault.id ?? null);
  return id !== null && (id === otherId || (isOfNoAnswer(one) && isOfNoAnswer(other)));
}

function isOfNoAnswer({ attributed, status }: TestResult): boolean {
  return status === 504 || NO_ANSWER.test(attributed?.fault.id ?? "");
}

const UNREACHED = /^(?:connect\.(?:timeout|host_unreachable|net_unreachable)|dns\.(?:timeout|resolver_unreachable))$/;
const NO_ANSWER = /^(?:connect\.(?:timeout|host_unreachable)|handshake\.(?:timeout|target_timeout|target_unreachable)|head\.timeout)$/;
/** Of its own name, its own TCP and TLS, and of what it wants of us. */
const NEVER_TARGETS = /^(?:dns\.|connect\.|tls\.|handshake\.policy_denied$)/;
const PASSED_ON = /^(?:head|body|trailers)\./;
const REFUSED = /^handshake\.(?:target_|auth_)/;
const STRANGE =
  /^(?:handshake\.(?:not_a_proxy|socks_malformed|bad_connect_reply|closed|reset|timeout|socks_no_method)|head\.(?:not_http|closed_empty|reset|timeout|malformed)|tls\.(?:protocol_mismatch|closed|reset|timeout|handshake))/;
