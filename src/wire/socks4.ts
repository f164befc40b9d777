import type { HostPort } from "../core/address.ts";
import { FaultError, fault } from "../core/fault.ts";
import { type Handshake, send, take } from "./handshake.ts";
import { ipToBytes } from "./ip-bytes.ts";
import { COMMAND_CONNECT, SOCKS4_REPLY, SOCKS4_VERSION } from "./socks-protocol.ts";
import { peekProtocol, refuseUnexpected } from "./unexpected.ts";

/**
 * Asks a SOCKS4 or SOCKS4a proxy for a tunnel (the protocol's two memos; there is no RFC).
 *
 *     gateway -CONNECT target, user-> exit -8 bytes of reply-> gateway
 *
 * @param userId an identity without a password; null is sent as an empty one.
 * @param remoteDns SOCKS4a: a name is the exit's to resolve. Without it the target's host must be an IPv4 address.
 * Throws the fault of each reply code; before any byte is sent, one for what SOCKS4 cannot carry. Bytes behind the reply stay unread.
 */
export function* socks4Connect(target: HostPort, userId: string | null, remoteDns: boolean): Handshake<void> {
  yield* send(connectRequest(target, userId ?? "", remoteDns));
  if ((yield* peekProtocol()) !== "socks4") yield* refuseUnexpected("a SOCKS4 reply", "handshake.socks_malformed");
  const [, code] = yield* take(2);
  // Nothing behind a refusal is waited for: its address and port mean nothing.
  if (code !== SOCKS4_REPLY.granted) throw refusedReply(code as number, userId);
  yield* take(6);
}

function refusedReply(code: number, userId: string | null): FaultError {
  if (code === SOCKS4_REPLY.rejected) {
    return new FaultError(fault("handshake.connect_rejected", "SOCKS4 reply 91: rejected or failed", { confidence: 0.5 }));
  }
  const why = code === SOCKS4_REPLY.noIdentd ? "the exit found no identd here" : "identd here names another user";
  const id = userId === null ? "handshake.auth_required" : "handshake.auth_failed";
  return new FaultError(fault(id, `SOCKS4 reply ${code}: ${why}`));
}

/** SOCKS4a: an impossible address says that a name follows. */
const NAME_FOLLOWS = [0, 0, 0, 1] as const;

function connectRequest({ host, port }: HostPort, userId: string, remoteDns: boolean): Uint8Array {
  const user = textOf(userId, () => fault("handshake.auth_failed", "the exit's user name has a NUL byte or more than 255 bytes"));
  const address = ipToBytes(host);
  if (address?.length === 4) return Uint8Array.of(SOCKS4_VERSION, COMMAND_CONNECT, port >> 8, port & 0xff, ...address, ...user, 0);
  if (address !== null) {
    const details = "SOCKS4 cannot carry an IPv6 address";
    throw new FaultError(fault("handshake.target_unreachable", details, { culprit: "gateway", confidence: 1 }));
  }
  if (!remoteDns) throw new FaultError(fault("gateway.internal_error", "a SOCKS4 exit was asked for a name, it takes addresses alone"));
  const name = textOf(host, () => fault("client.bad_request", "the target's name has a NUL byte or more than 255 bytes"));
  if (name.length === 0) throw new FaultError(fault("client.bad_request", "the target's name is empty"));
  return Uint8Array.of(SOCKS4_VERSION, COMMAND_CONNECT, port >> 8, port & 0xff, ...NAME_FOLLOWS, ...user, 0, ...name, 0);
}

/** Bytes that may stand before a NUL. */
function textOf(text: string, otherwise: () => ReturnType<typeof fault>): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.includes(0) || bytes.length > 255) throw new FaultError(otherwise());
  return bytes;
}
