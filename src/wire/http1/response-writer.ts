import type { Framing, RawFields } from "../../core/message.ts";
import { readPeerOptions } from "../hop-by-hop.ts";
import { parseLength } from "./framing.ts";
import { type FramingField, framingField, HeadText, internalError, statusLine } from "./head-text.ts";
import { type KnownField, knownField } from "./known-field.ts";

/** A response as it goes to the client: the hop's fields as they came, and what the gateway decides about them. */
export interface OutboundResponse {
  readonly status: number;
  readonly reason: string;
  /** The client's version: HTTP/1.0 knows no chunks. */
  readonly minor: 0 | 1;
  /** The hop's, hop-by-hop fields and all. */
  readonly fields: RawFields;
  /** As the body goes to the client. `none` keeps the Content-Length that an answer to HEAD or a 304 states of a body it does not have. */
  readonly framing: Framing;
  /** The Connection option to send; null: none. */
  readonly connection: "close" | "keep-alive" | null;
  /** The Upgrade field of a 101; null: none. */
  readonly upgrade: string | null;
  /** Name, value, … behind the other fields, unfiltered: Proxy-Status, Via, our own Proxy-Authenticate. */
  readonly extra: RawFields;
}

/**
 * The one door for response heads to a client: latin1 text, with the empty line at its end. Hop-by-hop fields are dropped (RFC 9110 7.6.1), and a
 * hop's Proxy-Authenticate with them; framing and Connection stand where the hop's stood; all else keeps order, case and value. Throws FaultError
 * gateway.internal_error where a part would break out of its line.
 *
 * @param lines the fields as one text, from the parser that read them; null: from elsewhere
 */
export function writeResponseHead(response: OutboundResponse, lines: string | null = null): string {
  const { status, reason, fields, extra } = response;
  if (response.minor === 0 && response.framing.kind === "chunked")
    throw internalError("a response to an HTTP/1.0 client cannot be chunked");
  if (!(Number.isInteger(status) && status >= 100 && status <= 999)) throw internalError(`a response to write has the status ${status}`);
  const { listed } = readPeerOptions(fields);
  const own = ownFields(response);
  const head = new HeadText(statusLine(status, reason), lines);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    const known = knownField(name);
    if (listed?.has(name.toLowerCase())) head.leaveOut(name, value);
    else if (known === null || isOwn(own, known, value)) head.pass(name, value);
    else {
      head.leaveOut(name, value);
      addKnown(head, own, known, name, value);
    }
  }
  for (let i = 0; i < extra.length; i += 2) head.add(extra[i] as string, extra[i + 1] as string);
  if (own.framing !== null) head.addOnce(own.framing.name, own.framingValue);
  head.addOnce("Upgrade", own.upgrade);
  head.addOnce("Connection", own.connection);
  return head.end();
}

/** What the gateway says itself, each once: where the hop said it, else at the end. Null: nothing to say, or said. */
interface OwnFields {
  readonly framing: FramingField | null;
  framingValue: string | null;
  /** The hop's length is passed on, though no body follows. */
  lengthOnly: boolean;
  connection: string | null;
  upgrade: string | null;
}

function ownFields({ status, framing, connection, upgrade }: OutboundResponse): OwnFields {
  const field = framingField(framing);
  const options = connection === null ? "" : connection;
  return {
    framing: field,
    framingValue: field === null ? null : field.value,
    // RFC 9110 8.6: never in 1xx and 204.
    lengthOnly: framing.kind === "none" && status >= 200 && status !== 204,
    connection: upgrade === null ? connection : options === "" ? "Upgrade" : `${options}, Upgrade`,
    upgrade,
  };
}

/** True where the hop says just what we are to say; it is said with that. */
function isOwn(own: OwnFields, known: KnownField, value: string): boolean {
  if (known !== own.framing?.known || value !== own.framingValue) return false;
  own.framingValue = null;
  return true;
}

/** Puts what is ours in the place of a hop's field, or drops it. */
function addKnown(head: HeadText, own: OwnFields, known: KnownField, name: string, value: string): void {
  switch (known) {
    case "content-length":
      if (own.lengthOnly) own.lengthOnly = addLength(head, name, value);
      else addFraming(head, own, known, name);
      break;
    case "transfer-encoding":
      addFraming(head, own, known, name);
      break;
    case "connection":
      own.connection = head.addOnce(name, own.connection);
      break;
    case "upgrade":
      own.upgrade = head.addOnce(name, own.upgrade);
      break;
    case "host":
    case "expect":
    case "max-forwards":
      head.add(name, value); // no business of ours in a response
      break;
    default: // Keep-Alive, TE, Proxy-Connection, Proxy-Authenticate and their like end here
  }
}

function addFraming(head: HeadText, own: OwnFields, known: KnownField, name: string): void {
  own.framingValue = head.addOnce(own.framing === null || own.framing.known === known ? name : own.framing.name, own.framingValue);
}

/** The first of the lengths that a parser has found equal; false: there is nothing more to pass on. */
function addLength(head: HeadText, name: string, value: string): false {
  const length = parseLength((value.split(",", 1)[0] as string).trim());
  if (length !== null) head.add(name, String(length));
  return false;
}
