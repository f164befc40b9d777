import { fieldValue, type RawFields } from "../core/message.ts";
import { STATUS_CODES } from "../net/node-http.ts";
import { type ByteReader, PeerLeft } from "./byte-reader.ts";
import type { LabConnection } from "./lab-connection.ts";
import type { Behaviour } from "./lab-server.ts";

/** The head of a request or response as it came: start line split at its spaces, fields in order. */
export interface LabHead {
  /** Method, target, version; or version, status, reason. */
  readonly line: readonly [string, string, string];
  readonly fields: RawFields;
}

/** One request on a lab server's connection, whose reader stands right behind the head. */
export interface LabRequest {
  readonly peer: LabConnection;
  readonly head: LabHead;
  readonly method: string;
  readonly target: string;
}

/** What becomes of a connection after a request: `taken` means that whoever answered owns it now. */
export type Served = "keep" | "close" | "taken";

/** Serves request after request; the peer may leave between two. Framing is taken as sent: lab clients that lie are not its concern. */
export function servesHttp(serve: (request: LabRequest) => Promise<Served>): Behaviour {
  return async (peer) => {
    for (let served: Served = "keep"; served !== "taken"; ) {
      const head = await readHead(peer.reader);
      const [method, target] = head.line;
      served = await serve({ peer, head, method, target });
      if (served === "close") return peer.end();
    }
  };
}

export async function readHead(reader: ByteReader): Promise<LabHead> {
  const [line = "", ...fieldLines] = (await reader.until("\r\n\r\n")).toString("latin1").trimEnd().split("\r\n");
  const [first = "", second = "", ...third] = line.split(" ");
  const fields = fieldLines.flatMap((text) => {
    const colon = text.indexOf(":");
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  return { line: [first, second, third.join(" ")], fields };
}

/** Reads a body by the head's own framing; `untilEnd` for responses, whose end may be the connection's. */
export async function readBody(reader: ByteReader, { fields }: LabHead, untilEnd = false): Promise<Buffer> {
  if (/chunked/i.test(fieldValue(fields, "transfer-encoding") ?? "")) return readChunks(reader);
  const length = fieldValue(fields, "content-length");
  if (length !== null) return reader.take(Number(length));
  return untilEnd ? reader.rest() : Buffer.alloc(0);
}

async function readChunks(reader: ByteReader): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const size = Number.parseInt((await reader.until("\r\n")).toString("latin1"), 16);
    if (Number.isNaN(size)) throw new PeerLeft("closed", Buffer.concat(pieces));
    if (size === 0) break;
    pieces.push(await reader.take(size));
    await reader.until("\r\n");
  }
  while ((await reader.until("\r\n")).length > 2); // trailers
  return Buffer.concat(pieces);
}

/** A complete response with its Content-Length, ready for the wire. */
export function formatAnswer(status: number, fields: Readonly<Record<string, string>>, body: string | Buffer = ""): Buffer {
  const content = Buffer.from(body);
  const head = formatHead(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, { ...fields, "Content-Length": String(content.length) });
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

export function formatHead(line: string, fields: Readonly<Record<string, string>>): string {
  return `${[line, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}
