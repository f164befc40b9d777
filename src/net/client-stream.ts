import type { Fault } from "../core/fault.ts";
import type { Framing, RawFields, RequestHead } from "../core/message.ts";
import type { Connection } from "./connection.ts";
import type { IdleSockets } from "./idle-sockets.ts";
import type { RequestBody } from "./request-body.ts";

/** Who sent a request. */
export interface ClientInfo {
  readonly address: string;
  readonly port: number;
  /** It came through TLS that ends here. */
  readonly isInTls: boolean;
}

/** What an exchange hears of its client while it works. */
export interface ClientObserver {
  /** The client is gone: reset, or a FIN and no sign of life within `timeouts.clientGone`. */
  onLeft(): void;
  /** The request's body broke: malformed, stopped arriving, or ended early. */
  onBodyFault(fault: Fault): void;
  /** The client has read what was written. */
  onDrain(): void;
}

/** The head of a final response as it goes to a client; what is hop-by-hop in `fields` is dropped on the way. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
  /** The same as one text, from the parser that read them; null: from elsewhere. */
  readonly lines: string | null;
  /** Of the body that will be written. */
  readonly framing: Framing;
  /** Switched to this protocol (101). */
  readonly upgrade: string | null;
  /** Name, value, … that the gateway adds. */
  readonly extra: RawFields;
}

/** One request and the way to answer it, whatever protocol carries them. An exchange ends it once: end, abort or takeOver. */
export interface ClientStream {
  readonly head: RequestHead;
  /** The head's fields as one text, where the parser has it. */
  readonly lines: string | null;
  readonly body: RequestBody;
  readonly client: ClientInfo;
  /** Sockets to hops that belong to this client connection and die with it; null until one is kept. */
  readonly ownSockets: IdleSockets | null;
  /** The same, made where there are none yet. */
  keepOwnSockets(): IdleSockets;
  /** Bytes of this stream's replies on the wire so far. */
  readonly bytesOut: number;
  observe(observer: ClientObserver): void;
  /** The client has left. */
  readonly gone: boolean;
  /** A final response has begun, or the stream has ended. */
  readonly answered: boolean;
  /** Sends a 1xx, where the client's HTTP version knows them. */
  interim(status: number, reason: string, fields: RawFields): void;
  /** Starts the final response. It goes out with the first write, flush or end. */
  reply(reply: Reply): void;
  /** False: wait for onDrain. */
  write(slice: Buffer): boolean;
  flush(): void;
  end(trailers: RawFields | null): void;
  /** Breaks the response off so that no client takes it for complete. */
  abort(): void;
  /** Gives the connection away for a tunnel; what the client sent ahead is unread on it. */
  takeOver(): Connection;
}
