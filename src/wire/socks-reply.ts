import type { FaultId } from "../core/fault.ts";
import type { HopRole } from "../core/route.ts";
import { SOCKS4_REPLY, SOCKS5_ADDRESS, SOCKS5_REPLY, SOCKS5_VERSION } from "./socks-protocol.ts";

/**
 * The reply to a SOCKS client's request: `ok`, or the code that fits the fault best. Codes 3 to 6 speak of the target, so that a fault
 * of an exit's own name or socket is a general failure.
 * @param role of the hop where the fault happened.
 */
export function socksReply(version: 4 | 5, outcome: "ok" | FaultId, role: HopRole = "target"): Uint8Array {
  if (version === 4) return socks4Reply(outcome === "ok" ? SOCKS4_REPLY.granted : SOCKS4_REPLY.rejected);
  return socks5Reply(outcome === "ok" ? SOCKS5_REPLY.succeeded : codeOf(outcome, role));
}

export function socks4Reply(code: number): Uint8Array {
  return Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0);
}

export function socks5Reply(code: number): Uint8Array {
  return Uint8Array.of(SOCKS5_VERSION, code, 0, SOCKS5_ADDRESS.ipv4, 0, 0, 0, 0, 0, 0);
}

function codeOf(id: FaultId, role: HopRole): number {
  const code = CODES[id] ?? (role === "target" ? CODES_OF_TARGET[id] : undefined);
  return code ?? SOCKS5_REPLY.generalFailure;
}

const { notAllowed, networkUnreachable, hostUnreachable, refused, ttlExpired } = SOCKS5_REPLY;

const CODES: Readonly<Partial<Record<FaultId, number>>> = {
  "client.denied": notAllowed,
  "client.proxy_auth_required": notAllowed,
  "client.proxy_auth_invalid": notAllowed,
  "gateway.ip_prohibited": notAllowed,
  "gateway.loop_detected": notAllowed,
  "handshake.policy_denied": notAllowed,
  "handshake.target_unresolvable": hostUnreachable,
  "handshake.target_unreachable": hostUnreachable,
  "handshake.target_refused": refused,
  "handshake.target_timeout": ttlExpired,
};

const CODES_OF_TARGET: Readonly<Partial<Record<FaultId, number>>> = {
  "dns.nxdomain": hostUnreachable,
  "dns.nodata": hostUnreachable,
  "dns.servfail": hostUnreachable,
  "dns.refused": hostUnreachable,
  "dns.timeout": hostUnreachable,
  "dns.resolver_unreachable": hostUnreachable,
  "connect.refused": refused,
  "connect.reset": refused,
  "connect.timeout": ttlExpired,
  "connect.host_unreachable": hostUnreachable,
  "connect.net_unreachable": networkUnreachable,
  "connect.acl_denied": notAllowed,
};
