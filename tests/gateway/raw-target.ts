import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type LabHead, readBody } from "../../src/lab/lab-http.ts";
import { type LabServer, type LabTls, startLabServer } from "../../src/lab/lab-server.ts";

/** A request as it reached a server, byte for byte. */
export interface ReachedRequest {
  /** With the empty line at its end. */
  readonly head: string;
  readonly body: Buffer;
  /** 1 for the first connection that the server accepted. */
  readonly connection: number;
}

/** What to say to a request; null: close without a word. Its `Connection: close` is kept. */
export type Answering = (request: ReachedRequest, peer: LabConnection) => string | Buffer | null | Promise<string | Buffer | null>;

export interface RawTarget extends LabServer {
  /** In the order of their arrival. */
  readonly requests: ReachedRequest[];
  url(path: string): string;
}

/** A server, target or HTTP exit, that keeps each request as it came. */
export async function startRawTarget(answering: Answering, tls: LabTls | null = null): Promise<RawTarget> {
  const requests: ReachedRequest[] = [];
  let connections = 0;
  const server = await startLabServer(async (peer) => {
    connections += 1;
    const connection = connections;
    for (;;) {
      const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
      const body = await readBody(peer.reader, parseHead(head));
      const request = { head, body, connection };
      requests.push(request);
      const answer = await answering(request, peer);
      if (answer !== null) await peer.send(answer);
      if (answer === null || /\r\nConnection: close\r\n/i.test(answer.toString("latin1"))) return peer.end();
    }
  }, tls);
  const { host, port } = server;
  return Object.assign(server, { requests, url: (path: string) => `http://${host}:${port}${path}` });
}

/** `200 OK` with a body and its length. */
export function ok(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** The request line's target. */
export function targetOf({ head }: ReachedRequest): string {
  return head.split(" ", 2)[1] ?? "";
}

function parseHead(head: string): LabHead {
  const [line = "", ...fields] = head.trimEnd().split("\r\n");
  const [method = "", target = "", version = ""] = line.split(" ");
  return { line: [method, target, version], fields: fields.flatMap((text) => splitField(text)) };
}

function splitField(text: string): [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}
