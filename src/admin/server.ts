import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostPort } from "../core/address.ts";
import type { Report } from "../core/event.ts";
import { isLoopback } from "../wire/loopback.ts";
import { type Answer, refuse } from "./answer.ts";
import { checkRequest, type Gate } from "./gatekeeper.ts";
import { type AdminSources, route } from "./routes.ts";

export interface AdminOptions extends Gate {
  /** 0: any free port. */
  readonly port: number;
  readonly sources: AdminSources;
  readonly report: Report;
}

export interface AdminServer extends AsyncDisposable {
  readonly address: HostPort;
}

/**
 * Opens the admin listener: health, metrics, exits and recent exchanges, read-only.
 *
 * It is not on the data path, so it stands on node:http; few connections and short waits keep it from taking much of what
 * the data path needs.
 *
 * Throws where it would listen beyond this machine without a token, and whatever the system has against the address.
 */
export async function startAdmin({ host, port, token, sources, report }: AdminOptions): Promise<AdminServer> {
  if (token === null && !isLoopback(host)) {
    throw new Error(`admin: ${host} can be reached from other machines, so it needs admin.token; or listen on 127.0.0.1`);
  }
  if (token === "") throw new Error("admin: admin.token is empty; leave it out, or give it a value");
  const server = createServer(LIMITS, (request, response) => {
    send(response, answer(request, { host, token }, sources, report));
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  server.listen(port, host);
  await once(server, "listening");
  const { address, port: bound } = server.address() as AddressInfo;
  return { address: { host: address, port: bound }, [Symbol.asyncDispose]: () => close(server) };
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
function answer(request: IncomingMessage, gate: Gate, sources: AdminSources, report: Report): Answer {
  try {
    return checkRequest(request, gate) ?? route(request.url ?? "", sources);
  } catch (error) {
    report({ type: "warning", message: `the admin listener has a bug: ${error instanceof Error ? error.stack : String(error)}` });
    return refuse(500, "the admin listener has a bug; the log has its stack");
  }
}

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
