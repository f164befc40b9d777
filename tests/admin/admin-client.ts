import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { Operator, type OperatorOptions } from "../../src/admin/operator.ts";
import type { AdminSources } from "../../src/admin/page.ts";
import { type AdminServer, startAdmin } from "../../src/admin/server.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import type { ExitSource } from "../../src/core/settings.ts";
import { ExchangeRing } from "../../src/observe/ring.ts";
import { Accounting } from "../../src/pool/accounting.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { ApiExits } from "../../src/sources/api-exits.ts";
import { ExitSources } from "../../src/sources/exit-sources.ts";
import { inSteps } from "../../src/sources/in-steps.ts";
import { exitOf, poolOf } from "../pool/fakes.ts";

interface Started extends AsyncDisposable {
  readonly server: AdminServer;
  readonly ring: ExchangeRing;
  readonly events: readonly GatewayEvent[];
  readonly pool: Pool;
}

interface Gate {
  readonly host?: string;
  readonly token?: string | null;
}

/** An admin listener over a pool of exits with these ids; `sources` replaces parts of what it reads from. */
export async function start(gate: Gate = {}, sources: Partial<AdminSources> = {}, ids: readonly string[] = []): Promise<Started> {
  const ring = new ExchangeRing();
  const events: GatewayEvent[] = [];
  const { pool } = poolOf(ids.map((id) => exitOf(id)));
  const operator = operatorOf(pool, ids, events);
  const server = await startAdmin({
    host: gate.host ?? "127.0.0.1",
    port: 0,
    token: gate.token ?? null,
    sources: { ready: () => true, metrics: () => "# no metrics\n", exits: pool, exchanges: ring, usage, operator, ...sources },
    report: (event) => events.push(event),
  });
  return { server, ring, events, pool, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const usage: AdminSources["usage"] = (limit) => new Accounting(() => null, {}).usage(limit);

/** What an admin listener without exits and exchanges reads from. */
export function emptySources(): AdminSources {
  const { pool } = poolOf([]);
  return { ready: () => true, metrics: () => "", exits: pool, exchanges: new ExchangeRing(), usage, operator: operatorOf(pool, [], []) };
}

function operatorOf(pool: Pool, ids: readonly string[], events: GatewayEvent[]): Operator {
  const listed: ExitSource = { kind: "inline", exits: ids.map((id) => exitOf(id)) };
  const sources = new ExitSources([listed], { env: {}, random: () => 0, api: new ApiExits(), before: null });
  const lists: OperatorOptions["lists"] = {
    async add(text, scheme) {
      await sources.current();
      const { change, ...result } = await inSteps(sources.adding(text, scheme));
      pool.change(change.put, change.gone);
      return result;
    },
    async remove(id) {
      const change = sources.remove(id);
      if (change !== null) pool.change(change.put, change.gone);
      return change !== null;
    },
  };
  const rotate: OperatorOptions["rotate"] = (user, key) => pool.rotateSession(user === null ? key : `${user} ${key}`);
  return new Operator({ pool, lists, rotate, report: (event) => events.push(event) });
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request over a connection of its own. Connects to 127.0.0.1 wherever the server listens. */
export async function ask(
  { server }: Started,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
  body = "",
): Promise<Reply> {
  const sent = request({ host: "127.0.0.1", port: server.address.port, path, method, headers, agent: false }).end(body);
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
