import type { HostPort } from "../core/address.ts";
import { FaultError, type FaultId, fault } from "../core/fault.ts";
import { type Handshake, peek, send, take } from "./handshake.ts";
import { ipFromBytes } from "./ip-bytes.ts";
import {
  SOCKS5_ADDRESS as ADDRESS,
  AUTH_VERSION,
  COMMAND_CONNECT,
  SOCKS5_METHOD as METHOD,
  SOCKS4_REPLY,
  SOCKS4_VERSION,
  SOCKS5_REPLY,
  SOCKS5_VERSION,
} from "./socks-protocol.ts";
import { socks4Reply, socks5Reply } from "./socks-reply.ts";
import { parseTargetHost } from "./target-host.ts";
import { giveUp } from "./unexpected.ts";

/** What a SOCKS client has said before it is let in. */
export type SocksGreeting =
  /** SOCKS4 says all at once: nothing was answered yet, the next is `socksReply(4, …)`. A user without a password, null where it is empty. */
  | { readonly version: 4; readonly target: HostPort; readonly username: string | null }
  /** Credentials were read and not answered: the next is `socks5Authenticated`. Null: no login was agreed, the next is `socks5Request`. */
  | { readonly version: 5; readonly credentials: { readonly username: string; readonly password: string } | null };

/**
 * Reads a SOCKS client's first words, up to the point where somebody must check its credentials.
 *
 *     client -SOCKS4 request-> gateway        client -methods-> gateway -method-> client [-user, password-> gateway]
 *
 * User and password are preferred where the client offers them, even where no users are configured, since parameters ride in the name.
 * Whatever is malformed, or not served, throws a `client.*` fault; the reply that says so was sent before.
 */
export function* socksGreeting(options: { readonly usersRequired: boolean }): Handshake<SocksGreeting> {
  const [version] = yield* take(1);
  if (version === SOCKS4_VERSION) return yield* readSocks4(options.usersRequired);
  if (version === SOCKS5_VERSION) return yield* readSocks5Greeting(options.usersRequired);
  throw new FaultError(fault("client.bad_request", `SOCKS version ${version}`));
}

/** Answers the credentials of a SOCKS5 client (RFC 1929 2). Where they are not good, the connection must be closed behind this. */
export function* socks5Authenticated(isGood: boolean): Handshake<void> {
  yield* send(Uint8Array.of(AUTH_VERSION, isGood ? 0 : 1));
}

/** Reads a SOCKS5 client's request (RFC 1928 4) and answers nothing, but where it throws; the next is `socksReply(5, …)`. */
export function* socks5Request(): Handshake<HostPort> {
  const [version, command, , type] = yield* take(4);
  if (version !== SOCKS5_VERSION) yield* refuse5(SOCKS5_REPLY.generalFailure, `a SOCKS5 request of version ${version}`);
  const host = yield* readSocks5Host(type as number);
  const port = readPort(yield* take(2));
  if (command !== COMMAND_CONNECT) yield* refuse5(SOCKS5_REPLY.commandNotSupported, `SOCKS5 command ${command}: only CONNECT is served`);
  if (host === null) return yield* refuse5(SOCKS5_REPLY.generalFailure, "the target of the SOCKS5 request is no valid host");
  if (port === 0) yield* refuse5(SOCKS5_REPLY.generalFailure, "the target of the SOCKS5 request has port 0");
  return { host, port };
}

/** A SOCKS4 text's limit, as large as SOCKS5's: the protocol itself has none. */
const TEXT_BYTES_MAX = 255;

function* readSocks4(usersRequired: boolean): Handshake<SocksGreeting> {
  const [command, ...rest] = yield* take(7);
  const port = readPort(rest);
  const address = Uint8Array.from(rest.slice(2));
  const username = yield* readText("user");
  const isNamed = address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
  const host = isNamed ? parseTargetHost(yield* readText("target")) : ipFromBytes(address);
  // The whole request was read before any of these, so that closing does not reset the reply away.
  if (usersRequired) yield* refuse4("SOCKS4 carries no password, and this listener has users", "client.proxy_auth_required");
  if (command !== COMMAND_CONNECT) yield* refuse4(`SOCKS4 command ${command}: only CONNECT is served`);
  if (host === null) return yield* refuse4("the target of the SOCKS4 request is no valid host");
  if (port === 0) yield* refuse4("the target of the SOCKS4 request has port 0");
  return { version: 4, target: { host, port }, username: username === "" ? null : username };
}

/** Text up to its NUL, which is consumed too. */
function* readText(what: string): Handshake<string> {
  for (let wanted = 1; ; ) {
    const bytes = yield* peek(wanted);
    const end = bytes.indexOf(0);
    if (end > TEXT_BYTES_MAX || (end === -1 && bytes.length > TEXT_BYTES_MAX)) {
      yield* refuse4(`the ${what} of the SOCKS4 request has more than ${TEXT_BYTES_MAX} bytes`);
    }
    if (end !== -1) {
      const text = yield* take(end + 1);
      return Buffer.from(text.subarray(0, end)).toString("utf8");
    }
    wanted = bytes.length < wanted ? yield* giveUp(bytes.length) : bytes.length + 1;
  }
}

function* readSocks5Greeting(usersRequired: boolean): Handshake<SocksGreeting> {
  const [count = 0] = yield* take(1);
  const offered = [...(yield* take(count))];
  if (offered.includes(METHOD.password)) {
    yield* send(Uint8Array.of(SOCKS5_VERSION, METHOD.password));
    return { version: 5, credentials: yield* readCredentials() };
  }
  if (offered.includes(METHOD.none) && !usersRequired) {
    yield* send(Uint8Array.of(SOCKS5_VERSION, METHOD.none));
    return { version: 5, credentials: null };
  }
  yield* send(Uint8Array.of(SOCKS5_VERSION, METHOD.unacceptable));
  const details = `the SOCKS5 client offers methods ${offered.join(", ") || "none"} and not 2 (user and password)`;
  throw new FaultError(fault(usersRequired ? "client.proxy_auth_required" : "client.bad_request", details));
}

function* readCredentials(): Handshake<{ username: string; password: string }> {
  const [version, nameLength = 0] = yield* take(2);
  if (version !== AUTH_VERSION) {
    yield* socks5Authenticated(false);
    throw new FaultError(fault("client.bad_request", `a SOCKS5 login of version ${version}`));
  }
  const username = Buffer.from(yield* take(nameLength)).toString("utf8");
  const [passwordLength = 0] = yield* take(1);
  const password = Buffer.from(yield* take(passwordLength)).toString("utf8");
  return { username, password };
}

/** The host in its one form; null where it is no valid host, but was read whole. */
function* readSocks5Host(type: number): Handshake<string | null> {
  switch (type) {
    case ADDRESS.ipv4:
      return ipFromBytes(yield* take(4));
    case ADDRESS.ipv6:
      return ipFromBytes(yield* take(16));
    case ADDRESS.name: {
      const [length = 0] = yield* take(1);
      return parseTargetHost(Buffer.from(yield* take(length)).toString("latin1"));
    }
    default:
      return yield* refuse5(SOCKS5_REPLY.addressTypeNotSupported, `SOCKS5 address type ${type}`);
  }
}

function readPort(bytes: ArrayLike<number>): number {
  return ((bytes[0] as number) << 8) | (bytes[1] as number);
}

function* refuse4(details: string, id: FaultId = "client.bad_request"): Handshake<never> {
  yield* send(socks4Reply(SOCKS4_REPLY.rejected));
  throw new FaultError(fault(id, details));
}

function* refuse5(code: number, details: string): Handshake<never> {
  yield* send(socks5Reply(code));
  throw new FaultError(fault("client.bad_request", details));
}
