import type { HostPort } from "../core/address.ts";
import { FaultError, type FaultId, fault } from "../core/fault.ts";
import { type Credentials, type Handshake, peek, send, take } from "./handshake.ts";
import { ipToBytes } from "./ip-bytes.ts";
import {
  SOCKS5_ADDRESS as ADDRESS,
  AUTH_VERSION,
  COMMAND_CONNECT,
  SOCKS5_METHOD as METHOD,
  SOCKS5_REPLY as REPLY,
  SOCKS5_VERSION,
} from "./socks-protocol.ts";
import { giveUp, refuseUnexpected } from "./unexpected.ts";

/**
 * Asks a SOCKS5 proxy (RFC 1928, RFC 1929) for a tunnel. The target's host goes as it is: a name for the exit to resolve, or an address.
 *
 *     gateway -methods-> exit -method-> gateway [-user, password-> exit -status->] gateway -CONNECT target-> exit -reply->
 *
 * Throws the fault of each reply code; before any byte is sent, one for a name or credentials that SOCKS5 cannot carry. Bytes behind
 * the reply stay unread.
 */
export function* socks5Connect(target: HostPort, credentials: Credentials | null): Handshake<void> {
  const request = connectRequest(target);
  const login = credentials === null ? null : loginRequest(credentials);
  // Some exits know us by our address and refuse a sole password offer.
  const offered = login === null ? [METHOD.none] : [METHOD.none, METHOD.password];
  yield* send(Uint8Array.of(SOCKS5_VERSION, offered.length, ...offered));

  yield* expectVersion5();
  const [, method] = yield* take(2);
  if (method === METHOD.password && login !== null) yield* logIn(login);
  else if (method !== METHOD.none) throw refusedMethod(method as number, login !== null);

  yield* send(request);
  yield* expectVersion5();
  const [, reply] = yield* peek(2);
  if (reply === undefined) return yield* giveUp(1);
  // Nothing behind a refusal is waited for: many servers cut it short.
  if (reply !== REPLY.succeeded) throw refusedReply(reply, target);
  yield* take(3);
  yield* skipBoundAddress();
}

/** What the code of a reply proves (RFC 1928 6). It is the exit's word on the target: rows and confidence say how far to believe it. */
const REPLIES: Readonly<Record<number, { readonly id: FaultId; readonly words: string; readonly confidence?: number }>> = {
  // Some servers answer 1 to all, a name that does not resolve included.
  [REPLY.generalFailure]: { id: "handshake.connect_rejected", words: "general failure", confidence: 0.5 },
  [REPLY.notAllowed]: { id: "handshake.policy_denied", words: "the exit's rules do not allow the connection" },
  [REPLY.networkUnreachable]: { id: "handshake.target_unreachable", words: "the target's network is unreachable" },
  [REPLY.hostUnreachable]: { id: "handshake.target_unreachable", words: "the target's host is unreachable" },
  [REPLY.refused]: { id: "handshake.target_refused", words: "the target refused the connection" },
  [REPLY.ttlExpired]: { id: "handshake.target_timeout", words: "the target did not answer in time (TTL expired)" },
  [REPLY.commandNotSupported]: { id: "handshake.not_a_proxy", words: "the exit does not support CONNECT" },
  [REPLY.addressTypeNotSupported]: { id: "handshake.not_a_proxy", words: "the exit does not support this type of address" },
};

function refusedReply(code: number, target: HostPort): FaultError {
  const known = REPLIES[code];
  if (known === undefined) return malformed(`SOCKS5 reply ${code}, which is not assigned`);
  const isName = ipToBytes(target.host) === null;
  if (code === REPLY.hostUnreachable && isName) {
    return new FaultError(fault("handshake.target_unresolvable", "SOCKS5 reply 4: the exit could not resolve or reach the target's name"));
  }
  const advice =
    code === REPLY.addressTypeNotSupported ? (isName ? "; use socks5:// so that names are resolved here" : "; try socks5h://") : "";
  const details = `SOCKS5 reply ${code}: ${known.words}${advice}`;
  return new FaultError(fault(known.id, details, { confidence: known.confidence ?? null }));
}

function refusedMethod(method: number, isLoginOffered: boolean): FaultError {
  if (method === METHOD.unacceptable && isLoginOffered) {
    return new FaultError(fault("handshake.auth_failed", "SOCKS5 method 255: the exit takes neither no login nor user and password"));
  }
  if (method === METHOD.unacceptable || (method === METHOD.password && !isLoginOffered)) {
    return new FaultError(fault("handshake.auth_required", `SOCKS5 method ${method}: the exit wants a login, and none is set for it`));
  }
  return malformed(`SOCKS5 method ${method}${method === METHOD.gssapi ? " (GSSAPI)" : ""}, which was not offered`);
}

function* logIn(request: Uint8Array): Handshake<void> {
  yield* send(request);
  const [version, status] = yield* take(2);
  // Some servers answer with the protocol's version in place of the sub-negotiation's.
  if (version !== AUTH_VERSION && version !== SOCKS5_VERSION) throw malformed(`login reply of version ${version}`);
  if (status !== 0) throw new FaultError(fault("handshake.auth_failed", `SOCKS5 login status ${status}: user or password refused`));
}

function* expectVersion5(): Handshake<void> {
  const [version] = yield* peek(1);
  if (version === undefined) yield* giveUp(0);
  else if (version !== SOCKS5_VERSION) yield* refuseUnexpected("SOCKS5", "handshake.socks_malformed");
}

/** The address that the exit bound for us: of no use, and often zeros. */
function* skipBoundAddress(): Handshake<void> {
  const [type] = yield* take(1);
  let length = type === ADDRESS.ipv4 ? 4 : type === ADDRESS.ipv6 ? 16 : 0;
  if (type === ADDRESS.name) [length = 0] = yield* take(1);
  else if (length === 0) throw malformed(`SOCKS5 reply 0 with address type ${type}`);
  yield* take(length + 2);
}

function connectRequest({ host, port }: HostPort): Uint8Array {
  const address = ipToBytes(host);
  const name = Buffer.from(host, "utf8");
  if (address === null && (name.length === 0 || name.length > 255)) {
    throw new FaultError(fault("client.bad_request", `the target's name has ${name.length} bytes, SOCKS5 carries 1 to 255`));
  }
  const type = address === null ? ADDRESS.name : address.length === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  const encoded = address ?? [name.length, ...name];
  return Uint8Array.of(SOCKS5_VERSION, COMMAND_CONNECT, 0, type, ...encoded, port >> 8, port & 0xff);
}

/** User and password as RFC 1929 carries them. What is too long is told by its length alone: it is a secret. */
function loginRequest(credentials: Credentials): Uint8Array {
  const username = Buffer.from(credentials.username, "utf8");
  const password = Buffer.from(credentials.password ?? "", "utf8");
  for (const [what, { length }] of [
    ["user name", username],
    ["password", password],
  ] as const) {
    if (length > 255) throw new FaultError(fault("handshake.auth_failed", `the exit's ${what} has ${length} bytes, SOCKS5 carries 255`));
  }
  return Uint8Array.of(AUTH_VERSION, username.length, ...username, password.length, ...password);
}

function malformed(details: string): FaultError {
  return new FaultError(fault("handshake.socks_malformed", details));
}
