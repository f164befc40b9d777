import type { HostPort } from "../core/address.ts";
import { dialLab } from "./lab-connection.ts";
import { formatHead, readHead } from "./lab-http.ts";
import { type RawAnswer, readAnswer } from "./raw-client.ts";

/** Requests for `url` that two parsers could read in two ways (RFC 9112 section 11.2). */
export function smugglingRequests(url: string): Readonly<Record<string, string>> {
  const smuggle = (fields: string, body: string) => `POST ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${fields}\r\n${body}`;
  return {
    lengthAndChunked: smuggle("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nX"),
    twoLengths: smuggle("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
    listedLengths: smuggle("Content-Length: 5, 6\r\n", "hello!"),
    signedLength: smuggle("Content-Length: +5\r\n", "hello"),
    spaceBeforeColon: smuggle("Content-Length : 5\r\n", "hello"),
    foldedField: smuggle("X-Lab: a\r\n Content-Length: 5\r\n", "hello"),
    bareLineFeed: smuggle("X-Lab: a\nContent-Length: 5\r\n", "hello"),
    nulInField: smuggle("X-Lab: a\0b\r\n", ""),
    chunkedTwice: smuggle("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
    chunkedNotLast: smuggle("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    unknownCoding: smuggle("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    twoHosts: smuggle("Host: elsewhere.lab\r\n", ""),
  };
}

/** Sends what it is given, then nothing more, and waits for what is said about it: a slow head, a body that stops. */
export async function sendsPartOf(gateway: HostPort, part: string, method = "GET"): Promise<RawAnswer> {
  const peer = await dialLab(gateway);
  try {
    await peer.send(part);
    return await readAnswer(peer, method);
  } finally {
    peer.wire.destroy();
  }
}

/** Leaves by RST once `moment` has come, whatever was sent and answered until then. */
export async function leavesAt(gateway: HostPort, sent: string, moment: () => Promise<unknown>): Promise<RawAnswer> {
  const peer = await dialLab(gateway);
  await peer.send(sent);
  await moment();
  peer.reset();
  return NO_ANSWER;
}

/** Reads the head of its answer and a little of the body, then leaves by RST. */
export async function leavesInBody(gateway: HostPort, request: string): Promise<RawAnswer> {
  const peer = await dialLab(gateway);
  await peer.send(request);
  const { line, fields } = await readHead(peer.reader);
  const body = await peer.reader.take(1);
  peer.reset();
  return { status: Number(line[1]), reason: line[2], fields, body, ending: "reset" };
}

/** Asks for much, reads nothing until `moment` has come, and then what there is. */
export async function readsLate(gateway: HostPort, request: string, moment: () => Promise<unknown>): Promise<RawAnswer> {
  const peer = await dialLab(gateway);
  try {
    await peer.send(request);
    await moment();
    return await readAnswer(peer, "GET");
  } finally {
    peer.wire.destroy();
  }
}

/** Sends a body of `bytes` bytes as fast as it is taken, and reads beside it. */
export async function uploads(gateway: HostPort, url: string, bytes: number): Promise<RawAnswer> {
  const peer = await dialLab(gateway);
  try {
    await peer.send(formatHead(`PUT ${url} HTTP/1.1`, { Host: new URL(url).host, "Content-Length": String(bytes) }));
    peer.stream.write(Buffer.alloc(bytes, "x"));
    return await readAnswer(peer, "PUT");
  } finally {
    peer.wire.destroy();
  }
}

/** Of a client that did not stay for one. */
const NO_ANSWER: RawAnswer = { status: null, reason: "", fields: [], body: Buffer.alloc(0), ending: "closed" };
