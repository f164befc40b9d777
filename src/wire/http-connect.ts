import { formatHostPort, type HostPort } from "../core/address.ts";
import { FaultError, fault } from "../core/fault.ts";
import type { RawFields, RefusedConnect } from "../core/message.ts";
import { describeBytes } from "./first-bytes.ts";
import { type Credentials, type Handshake, peek, send, take } from "./handshake.ts";
import { readRefusalBody } from "./refusal-body.ts";
import { giveUp, peekProtocol, refuseUnexpected } from "./unexpected.ts";

export type ConnectResult =
  | { readonly opened: true; readonly fields: RawFields }
  | { readonly opened: false; readonly reply: RefusedConnect };

export const CONNECT_HEAD_BYTES_MAX: number = 64 * 1024;
const INTERIM_REPLIES_MAX = 8;

/**
 * Asks an HTTP proxy for a tunnel (RFC 9110 9.3.6).
 *
 *     gateway -CONNECT target-> exit        gateway <-2xx- exit, every byte behind it is the tunnel's and stays unread
 *
 * Any other final reply is returned with its head and up to 16 KiB of its body, as evidence. Bytes that are no HTTP reply throw
 * `handshake.not_a_proxy` or `handshake.bad_connect_reply`.
 */
export function* httpConnect(target: HostPort, credentials: Credentials | null): Handshake<ConnectResult> {
  yield* send(Buffer.from(connectRequest(target, credentials), "latin1"));
  for (let interim = 0; interim <= INTERIM_REPLIES_MAX; interim++) {
    const head = yield* readHead();
    // RFC 9110 9.3.6: Content-Length and Transfer-Encoding of a 2xx are ignored.
    if (head.status >= 200 && head.status <= 299) return { opened: true, fields: head.fields };
    if (head.status < 100 || head.status === 101) throw badReply(`the reply's status is ${head.status}`);
    if (head.status >= 200) return { opened: false, reply: { ...head, body: yield* readRefusalBody(head.fields) } };
  }
  throw badReply(`more than ${INTERIM_REPLIES_MAX} interim replies came before the final one`);
}

function connectRequest(target: HostPort, credentials: Credentials | null): string {
  const authority = formatHostPort(target);
  // The one guard of this head: no byte of a host may end the line.
  if (!/^[\x21-\x7e]+$/.test(authority)) throw new FaultError(fault("client.bad_request", "the target's name has bytes that no name has"));
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (credentials !== null) lines.push(`Proxy-Authorization: ${basicAuthorization(credentials)}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The value of a Proxy-Authorization field (RFC 7617); a user without a password is sent with an empty one. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password ?? ""}`, "utf8").toString("base64")}`;
}

interface ReplyHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
}

function* readHead(): Handshake<ReplyHead> {
  if ((yield* peekProtocol()) !== "http") return yield* refuseUnexpected("an HTTP reply", "handshake.bad_connect_reply");
  let scanned = 0;
  for (let wanted = 1; ; ) {
    const bytes = yield* peek(wanted);
    const length = headLength(bytes, scanned);
    if (length > CONNECT_HEAD_BYTES_MAX || (length === 0 && bytes.length >= CONNECT_HEAD_BYTES_MAX)) {
      throw badReply(`the reply's head is larger than ${CONNECT_HEAD_BYTES_MAX} bytes`);
    }
    if (length > 0) return parseHead(yield* take(length));
    scanned = bytes.length;
    wanted = bytes.length < wanted ? yield* giveUp(bytes.length) : bytes.length + 1;
  }
}

/** Bytes up to and with the empty line, 0 where it is not there yet. A bare LF ends a line too (RFC 9112 2.2), as old proxies send it. */
function headLength(bytes: Uint8Array, scanned: number): number {
  for (let at = bytes.indexOf(LF, Math.max(0, scanned - 2)); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return 0;
}

const CR = 0x0d;
const LF = 0x0a;

/** Lenient: the tunnel's bytes do not depend on anything but the head's end, and a refusal is evidence whatever its form. */
function parseHead(bytes: Uint8Array): ReplyHead {
  const [statusLine = "", ...lines] = Buffer.from(bytes).toString("latin1").split(/\r?\n/);
  const parts = /^HTTP\/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t](.*))?$/.exec(statusLine);
  if (parts === null) throw badReply(`the status line is ${describeBytes(bytes.subarray(0, statusLine.length), 64)}`);
  return { status: Number(parts[1]), reason: (parts[2] ?? "").trim(), fields: parseFields(lines) };
}

function parseFields(lines: readonly string[]): RawFields {
  const fields: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    // No field: obs-fold or junk, which a proxy's own reply may have and nobody needs.
    if (colon > 0 && !/^\s/.test(line)) fields.push(line.slice(0, colon).trimEnd(), line.slice(colon + 1).trim());
  }
  return fields;
}

function badReply(details: string): FaultError {
  return new FaultError(fault("handshake.bad_connect_reply", details));
}
