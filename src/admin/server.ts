import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort } from "../core/address.ts";
import type { Report } from "../core/event.ts";
import { createServer } from "../net/node-http.ts";
import { isLoopback } from "../wire/loopback.ts";
import { type Answer, refuse } from "./answer.ts";
import { readBody } from "./body.ts";
import { checkChange, checkRequest, type Gate } from "./gatekeeper.ts";
import type { AdminSources } from "./page.ts";
import { findPage } from "./routes.ts";

export interface AdminOptions extends Gate {
  /** 0: any free port. */
  readonly port: number;
  readonly sources: AdminSources;
  readonly report: Report;
}

export interface AdminServer extends AsyncDisposable {
  readonly address: HostPort;
  /** For requests from now on. Throws where there must be one. */
  changeToken(token: string | null): void;
}

/**
 * Opens the admin listener: health, metrics, recent exchanges, exits and what operators do with them.
 *
 * It is not on the data path, so it stands on node:http; few connections and short waits keep it from taking much of what
 * the data path needs.
 *
 * Throws where it would listen beyond this machine without a token, and whatever the system has against the address.
 */
export async function startAdmin({ host, port, token, sources, report }: AdminOptions): Promise<AdminServer> {
  assertGuarded({ host, token });
  let gate: Gate = { host, token };
  const server = createServer(LIMITS, (request, response) => {
    void answer(request, gate, sources, report).then((made) => send(response, made));
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  server.listen(port, host);
  await once(server, "listening");
  const { address, port: bound } = server.address() as AddressInfo;
  return {
    address: { host: address, port: bound },
    changeToken(changed) {
      assertGuarded({ host, token: changed });
      gate = { host, token: changed };
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** Throws where other machines could come in without a token. */
function assertGuarded({ host, token }: Gate): void {
  if (token === null && !isLoopback(host)) {
    throw new Error(`admin: ${host} can be reached from other machines, so it needs admin.token; or listen on 127.0.0.1`);
  }
  if (token === "") throw new Error("admin: admin.token is empty; leave it out, or give it a value");
}

const CONNECTIONS_MAX = 100;
/** Longest silence on a connection while a request or its answer is under way; ends a reader that does not read. */
const IDLE_MS = 15_000;
const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 2_500,
  keepAliveTimeout: 5_000,
  // We look at Host ourselves, to answer in JSON.
  requireHostHeader: false,
} as const;

/** A bug here must not take the data path down with it, so it ends as an answer and a warning. */
async function answer(request: IncomingMessage, gate: Gate, sources: AdminSources, report: Report): Promise<Answer> {
  try {
    return checkRequest(request, gate) ?? (await answerPage(request, gate, sources));
  } catch (error) {
    if (request.errored !== null) return refuse(400, "the request ended before its body did");
    report({ type: "warning", message: `the admin listener has a bug: ${error instanceof Error ? error.stack : String(error)}` });
    return refuse(500, "the admin listener has a bug; the log has its stack");
  }
}

async function answerPage(request: IncomingMessage, gate: Gate, sources: AdminSources): Promise<Answer> {
  const found = findPage(request.method ?? "", request.url ?? "");
  if ("refused" in found) return found.refused;
  const { page, id, query } = found;
  const who = gate.token === null ? "loopback" : "token";
  if (page.method === "GET") return await page.answer({ sources, id, query, who, body: NO_BODY });
  const refused = checkChange(request, gate);
  if (refused !== null) return refused;
  const body = await readBody(request);
  return "refused" in body ? body.refused : await page.answer({ sources, id, query, who, body });
}

const NO_BODY = { type: "", text: "" };

function send(response: ServerResponse, { status, contentType, body, fields }: Answer): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    ...fields,
  });
  response.end(body);
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
