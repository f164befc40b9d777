import type { RawFields } from "../../core/message.ts";

/** The fields that say something about the message or the connection, and not about what is carried. */
export type KnownField =
  | "te"
  | "host"
  | "expect"
  | "upgrade"
  | "connection"
  | "keep-alive"
  | "max-forwards"
  | "content-length"
  | "http2-settings"
  | "proxy-connection"
  | "transfer-encoding"
  | "proxy-authenticate"
  | "proxy-authorization"
  | "proxy-authentication-info";

/** The lower-case name where it is one that the codec knows, else null. By length first: nearly every other name fails there. */
export function knownField(name: string): KnownField | null {
  switch (name.length) {
    case 2:
      return same(name, "te", "TE");
    case 4:
      return same(name, "host", "Host");
    case 6:
      return same(name, "expect", "Expect");
    case 7:
      return same(name, "upgrade", "Upgrade");
    case 10:
      return same(name, "connection", "Connection") ?? same(name, "keep-alive", "Keep-Alive");
    case 12:
      return same(name, "max-forwards", "Max-Forwards");
    case 14:
      return same(name, "content-length", "Content-Length") ?? same(name, "http2-settings", "HTTP2-Settings");
    case 16:
      return same(name, "proxy-connection", "Proxy-Connection");
    case 17:
      return same(name, "transfer-encoding", "Transfer-Encoding");
    case 18:
      return same(name, "proxy-authenticate", "Proxy-Authenticate");
    case 19:
      return same(name, "proxy-authorization", "Proxy-Authorization");
    case 25:
      return same(name, "proxy-authentication-info", "Proxy-Authentication-Info");
    default:
      return null;
  }
}

/** True for the two fields that say where a message ends. */
export function isFraming(name: string): boolean {
  const known = knownField(name);
  return known === "content-length" || known === "transfer-encoding";
}

/** Values of the fields that frame a message and steer its connection; several of one name joined by `, ` (RFC 9110 5.3); null: absent. */
export interface ControlFields {
  host: string | null;
  contentLength: string | null;
  transferEncoding: string | null;
  connection: string | null;
  keepAlive: string | null;
  upgrade: string | null;
  expect: string | null;
}

export function readControlFields(fields: RawFields): ControlFields {
  const found: ControlFields = {
    host: null,
    contentLength: null,
    transferEncoding: null,
    connection: null,
    keepAlive: null,
    upgrade: null,
    expect: null,
  };
  for (let i = 0; i < fields.length; i += 2) {
    const known = knownField(fields[i] as string);
    if (known !== null) collect(found, known, fields[i + 1] as string);
  }
  return found;
}

function collect(found: ControlFields, known: KnownField, value: string): void {
  if (known === "host") found.host = joined(found.host, value);
  else if (known === "content-length") found.contentLength = joined(found.contentLength, value);
  else if (known === "transfer-encoding") found.transferEncoding = joined(found.transferEncoding, value);
  else if (known === "connection") found.connection = joined(found.connection, value);
  else if (known === "keep-alive") found.keepAlive = joined(found.keepAlive, value);
  else if (known === "upgrade") found.upgrade = joined(found.upgrade, value);
  else if (known === "expect") found.expect = joined(found.expect, value);
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

/** Compares without case: the first letter tells most other names apart, and most senders use the usual spelling. */
function same<Name extends KnownField>(name: string, known: Name, usual: string): Name | null {
  if ((name.charCodeAt(0) | 0x20) !== known.charCodeAt(0)) return null;
  return name === usual || name.toLowerCase() === known ? known : null;
}
