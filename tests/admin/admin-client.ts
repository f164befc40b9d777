import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import type { AdminSources } from "../../src/admin/routes.ts";
import { type AdminServer, startAdmin } from "../../src/admin/server.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { ExchangeRing } from "../../src/observe/ring.ts";

interface Started extends AsyncDisposable {
  readonly server: AdminServer;
  readonly ring: ExchangeRing;
  readonly events: readonly GatewayEvent[];
}

/** An admin listener over an empty gateway; `sources` replaces parts of it. */
export async function start(gate: { host?: string; token?: string | null } = {}, sources: Partial<AdminSources> = {}): Promise<Started> {
  const ring = new ExchangeRing();
  const events: GatewayEvent[] = [];
  const server = await startAdmin({
    host: gate.host ?? "127.0.0.1",
    port: 0,
    token: gate.token ?? null,
    sources: { ready: () => true, metrics: () => "# no metrics\n", exits: () => [], exchanges: ring, ...sources },
    report: (event) => events.push(event),
  });
  return { server, ring, events, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request over a connection of its own. Connects to 127.0.0.1 wherever the server listens. */
export async function ask({ server }: Started, path: string, headers: Record<string, string> = {}, method: string = "GET"): Promise<Reply> {
  const sent = request({ host: "127.0.0.1", port: server.address.port, path, method, headers, agent: false }).end();
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

/** Sends bytes as they are and reads until the server closes. */
export async function sendRaw({ server }: Started, text: string): Promise<string> {
  const socket = connect(server.address.port, "127.0.0.1");
  socket.write(text);
  let got = "";
  for await (const chunk of socket.setEncoding("latin1")) got += chunk;
  return got;
}
