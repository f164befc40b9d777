import type { Framing, RawFields } from "../../core/message.ts";
import { connectionOptions, readPeerOptions } from "../hop-by-hop.ts";
import { checked, type FramingField, framingField, HeadText, internalError, type StartLine } from "./head-text.ts";
import { type KnownField, knownField } from "./known-field.ts";

/** A request as it goes to a hop: the client's fields as they came, and what the gateway decides about them. */
export interface OutboundRequest {
  readonly method: string;
  /** As it goes on the line: origin-form or absolute-form. */
  readonly target: string;
  /** The Host field's value. */
  readonly host: string;
  /** The client's own, hop-by-hop fields and all. */
  readonly fields: RawFields;
  /** Never `close`: no request's body ends so. */
  readonly framing: Framing;
  /** The Upgrade field to send; null: none. */
  readonly upgrade: string | null;
  /** `Basic …` for an HTTP exit; null: none. */
  readonly proxyAuthorization: string | null;
  /** A Via member to append; null: none. */
  readonly via: string | null;
  /** Send `Connection: close`. */
  readonly close: boolean;
  /** Send `Expect: 100-continue`; the client's own is dropped otherwise. */
  readonly expectContinue: boolean;
}

/**
 * The one door for request heads to a hop: latin1 text, with the empty line at its end. Hop-by-hop fields are dropped (RFC 9110 7.6.1), Host, framing,
 * Connection and what else is ours stand where the client's stood, Max-Forwards counts down (7.6.2), and all else keeps order, case and value.
 * Throws FaultError gateway.internal_error where a part would break out of its line.
 *
 * @param lines the fields as one text, from the parser that read them; null: from elsewhere
 */
export function writeRequestHead(request: OutboundRequest, lines: string | null = null): string {
  const { method, target, fields } = request;
  if (method === "" || target === "" || method.includes(" ") || target.includes(" "))
    throw internalError("a request line to write has not three parts");
  if (request.framing.kind === "close") throw internalError("a request's body to write has no end");
  const client = readPeerOptions(fields);
  const own = ownFields(request, client.takesTrailers);
  const head = new HeadText(`${checked(method)} ${checked(target)} HTTP/1.1\r\n` as StartLine, lines);
  if (!client.hasHost) own.host = head.addOnce("Host", own.host);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    const known = knownField(name);
    if (client.listed?.has(name.toLowerCase())) head.leaveOut(name, value);
    else if (known === null || isOwn(own, known, value)) head.pass(name, value);
    else {
      head.leaveOut(name, value);
      addKnown(head, own, known, name, value);
    }
  }
  addMissing(head, own);
  return head.end();
}

/** What the gateway says itself, each once: where the client said it, else at the end. Null: nothing to say, or said. */
interface OwnFields {
  readonly counts: boolean;
  readonly framing: FramingField | null;
  framingValue: string | null;
  host: string | null;
  connection: string | null;
  te: string | null;
  upgrade: string | null;
  expect: string | null;
  authorization: string | null;
  readonly via: string | null;
}

function ownFields(request: OutboundRequest, takesTrailers: boolean): OwnFields {
  const options: string[] = [];
  if (request.close) options.push("close");
  if (request.upgrade !== null) options.push("Upgrade");
  if (takesTrailers) options.push("TE"); // RFC 9110 10.1.4: it must be listed
  const framing = framingField(request.framing);
  return {
    counts: request.method === "OPTIONS" || request.method === "TRACE",
    framing,
    framingValue: framing === null ? null : framing.value,
    host: request.host,
    connection: options.length === 0 ? null : options.join(", "),
    te: takesTrailers ? "trailers" : null,
    upgrade: request.upgrade,
    expect: request.expectContinue ? "100-continue" : null,
    authorization: request.proxyAuthorization,
    via: request.via,
  };
}

/** True where the client says just what we are to say; it is said with that. */
function isOwn(own: OwnFields, known: KnownField, value: string): boolean {
  if (known === "host" && value === own.host) own.host = null;
  else if (known === own.framing?.known && value === own.framingValue) own.framingValue = null;
  else return false;
  return true;
}

/** Puts what is ours in the place of a client's field, or drops it. */
function addKnown(head: HeadText, own: OwnFields, known: KnownField, name: string, value: string): void {
  switch (known) {
    case "host":
      own.host = head.addOnce(name, own.host);
      break;
    case "content-length":
    case "transfer-encoding":
      own.framingValue = head.addOnce(own.framing === null || own.framing.known === known ? name : own.framing.name, own.framingValue);
      break;
    case "connection":
      own.connection = head.addOnce(name, own.connection);
      break;
    case "te":
      own.te = head.addOnce(name, own.te);
      break;
    case "upgrade":
      own.upgrade = head.addOnce(name, own.upgrade);
      break;
    case "expect":
      if (connectionOptions(value).includes("100-continue")) own.expect = head.addOnce(name, own.expect);
      else head.add(name, value);
      break;
    case "max-forwards":
      head.add(name, own.counts ? countDown(value) : value);
      break;
    case "proxy-authorization":
      own.authorization = head.addOnce(name, own.authorization);
      break;
    default: // Keep-Alive, Proxy-Connection, Proxy-Authenticate and their like end here
  }
}

function addMissing(head: HeadText, own: OwnFields): void {
  if (own.framing !== null) head.addOnce(own.framing.name, own.framingValue);
  head.addOnce("TE", own.te);
  head.addOnce("Upgrade", own.upgrade);
  head.addOnce("Expect", own.expect);
  head.addOnce("Proxy-Authorization", own.authorization);
  head.addOnce("Via", own.via);
  head.addOnce("Connection", own.connection);
}

/** RFC 9110 7.6.2. A request whose Max-Forwards is 0 is answered and not forwarded, which is its caller's to see. */
function countDown(value: string): string {
  return /^[0-9]{1,9}$/.test(value) && Number(value) > 0 ? String(Number(value) - 1) : value;
}
