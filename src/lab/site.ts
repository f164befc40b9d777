import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { fieldValue } from "../core/message.ts";
import { formatAnswer, formatHead, type LabRequest, readBody, type Served, servesHttp } from "./lab-http.ts";
import { type LabServer, type LabTls, startLabServer } from "./lab-server.ts";

/**
 * A site that does everything right: `/`, `/echo`, `/bytes/N`, `/chunked`, `/close`, `/status/N`, `/slow/MS`, `/upgrade`.
 * Keeps connections alive, reads bodies of either framing, answers `Expect: 100-continue`.
 */
export function startSite(tls: LabTls | null = null): Promise<LabServer> {
  return startLabServer(servesHttp(serve), tls);
}

async function serve(request: LabRequest): Promise<Served> {
  const { head, peer } = request;
  if (fieldValue(head.fields, "upgrade") !== null) return upgrade(request);
  if (/100-continue/i.test(fieldValue(head.fields, "expect") ?? "")) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  const body = await readBody(peer.reader, head);

  const [, page = "", argument = ""] = request.target.split("?", 1)[0]?.split("/") ?? [];
  const answer = PAGES[page] ?? notFound;
  const bytes = await answer(argument, request, body);
  const bodiless = request.method === "HEAD";
  await peer.send(bodiless ? bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 4) : bytes);
  const wantsClose = /close/i.test(fieldValue(head.fields, "connection") ?? "") || head.line[2] === "HTTP/1.0";
  return wantsClose || page === "close" ? "close" : "keep";
}

type Page = (argument: string, request: LabRequest, body: Buffer) => Buffer | Promise<Buffer>;

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };

const PAGES: Readonly<Record<string, Page>> = {
  "": () => formatAnswer(200, { "Content-Type": "text/html; charset=utf-8" }, "<!doctype html><title>Lab</title><h1>It works</h1>\n"),
  echo: (_, { method, target, head }, body) =>
    formatAnswer(
      200,
      { "Content-Type": "application/json" },
      `${JSON.stringify({ method, target, fields: head.fields, body: body.toString("latin1") })}\n`,
    ),
  bytes: (count) => formatAnswer(200, { "Content-Type": "application/octet-stream" }, Buffer.alloc(Number(count), "0123456789abcdef")),
  chunked: () =>
    Buffer.from(`${formatHead("HTTP/1.1 200 OK", { ...TEXT, "Transfer-Encoding": "chunked" })}6\r\nfirst\n\r\n7\r\nsecond\n\r\n0\r\n\r\n`),
  close: () => Buffer.from(`${formatHead("HTTP/1.1 200 OK", { ...TEXT, Connection: "close" })}until the end\n`),
  status: (status) =>
    status === "204" || status === "304"
      ? Buffer.from(formatHead(`HTTP/1.1 ${status} Lab`, {}))
      : formatAnswer(Number(status), status === "503" ? { ...TEXT, "Retry-After": "1" } : TEXT, `status ${status}\n`),
  slow: async (ms) => {
    await delay(Number(ms));
    return formatAnswer(200, TEXT, `after ${ms} ms\n`);
  },
};

function notFound(): Buffer {
  return formatAnswer(404, TEXT, "no such page\n");
}

/** Switches to whatever protocol was asked for, and echoes its bytes. WebSocket clients get the key that they expect. */
async function upgrade({ head, peer }: LabRequest): Promise<Served> {
  const key = fieldValue(head.fields, "sec-websocket-key");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64"); // RFC 6455 4.2.2
  const fields = { Connection: "Upgrade", Upgrade: fieldValue(head.fields, "upgrade") ?? "" };
  await peer.send(formatHead("HTTP/1.1 101 Switching Protocols", key === null ? fields : { ...fields, "Sec-WebSocket-Accept": accept }));
  for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) await peer.send(piece);
  peer.stream.end();
  return "taken";
}
