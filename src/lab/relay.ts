import type { HostPort } from "../core/address.ts";
import { fieldValue, type RawFields } from "../core/message.ts";
import { PeerLeft } from "./byte-reader.ts";
import { dialLab, type LabConnection, splice } from "./lab-connection.ts";
import { type LabRequest, readBody, type Served } from "./lab-http.ts";

/** Where a request goes and what it looks like there. */
export interface Onward {
  readonly to: HostPort;
  /** Origin-form. */
  readonly target: string;
  /** Seen by everything that passes, so that it can be tampered with; null: left alone. */
  readonly tamper: ((body: Buffer) => Buffer) | null;
}

/**
 * client -> relay -> next: passes one request on over a connection of its own, and whatever comes back just as it comes,
 * broken answers included. Throws the dial's error when there is nobody.
 */
export async function relayRequest(request: LabRequest, onward: Onward): Promise<Served> {
  const { peer, head } = request;
  const hop = await dialLab(onward.to);
  const upgrade = fieldValue(head.fields, "upgrade");
  if (/100-continue/i.test(fieldValue(head.fields, "expect") ?? "")) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  const body = await readBody(peer.reader, head);
  await hop.send(Buffer.concat([Buffer.from(writeOnward(request, onward, upgrade), "latin1"), frame(head.fields, body)]));
  try {
    return await passAnswer(request, hop, onward.tamper);
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    return breakOff(peer, error);
  } finally {
    hop.wire.destroy();
  }
}

const NOT_PASSED_ON = ["connection", "proxy-connection", "keep-alive", "proxy-authorization", "expect"];

function writeOnward({ method, head }: LabRequest, { target }: Onward, upgrade: string | null): string {
  const lines = [`${method} ${target} HTTP/1.1`];
  for (let i = 0; i < head.fields.length; i += 2) {
    const name = head.fields[i] as string;
    if (!NOT_PASSED_ON.includes(name.toLowerCase())) lines.push(`${name}: ${head.fields[i + 1]}`);
  }
  return `${[...lines, `Connection: ${upgrade === null ? "close" : "Upgrade"}`].join("\r\n")}\r\n\r\n`;
}

function frame(fields: RawFields, body: Buffer): Buffer {
  if (fieldValue(fields, "transfer-encoding") === null) return body;
  return body.length === 0
    ? Buffer.from("0\r\n\r\n")
    : Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);
}

async function passAnswer(request: LabRequest, hop: LabConnection, tamper: Onward["tamper"]): Promise<Served> {
  const { peer, method } = request;
  for (;;) {
    const head = (await hop.reader.until("\r\n\r\n")).toString("latin1");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    if (status === 101) {
      await peer.send(head);
      await splice(peer, hop);
      return "taken";
    }
    if (status < 200) {
      await peer.send(head);
      continue;
    }
    const bodiless = method === "HEAD" || status === 204 || status === 304;
    const length = bodiless ? "0" : (/\r\nContent-Length: *(\d+)\r\n/i.exec(head)?.[1] ?? null);
    if (length === null || tamper !== null) return passUntilEnd(peer, hop, head, tamper);
    await peer.send(head.replace(/\r\nConnection: *close\r\n/i, "\r\n"));
    await passBytes(peer, hop, Number(length));
    return "keep";
  }
}

async function passBytes(peer: LabConnection, hop: LabConnection, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const piece = await hop.reader.take(Math.min(left, 64 * 1024));
    await peer.send(piece);
    left -= piece.length;
  }
}

/** The end of such an answer is the connection's own; where it is tampered with, so is its length. */
async function passUntilEnd(peer: LabConnection, hop: LabConnection, head: string, tamper: Onward["tamper"]): Promise<Served> {
  if (tamper !== null) {
    const body = tamper(await hop.reader.rest());
    await peer.send(Buffer.concat([Buffer.from(head.replace(/\r\nContent-Length: *\d+/i, `\r\nContent-Length: ${body.length}`)), body]));
    return "close";
  }
  await peer.send(/\r\nConnection: *close\r\n/i.test(head) ? head : head.replace(/\r\n\r\n$/, "\r\nConnection: close\r\n\r\n"));
  for (let piece = await hop.reader.next(); piece !== null; piece = await hop.reader.next()) await peer.send(piece);
  return "close";
}

/** What broke off behind us breaks off in front of us in the same manner. */
async function breakOff(peer: LabConnection, { how, unread }: PeerLeft): Promise<Served> {
  if (unread.length > 0) await peer.send(unread);
  if (how === "closed") return "close";
  peer.reset();
  return "taken";
}
