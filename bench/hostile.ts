import { type Endings, runHostileClients } from "./load/hostile-clients.ts";
import { countSockets, whenSocketsFall } from "./measure/processes.ts";
import type { Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { startGateway } from "./peers/gateway.ts";
import { startHostileExits } from "./peers/hostile-exits.ts";

/** All waits are short, so that thousands of exchanges that fail take minutes. */
const IMPATIENCE = [
  "timeouts: { connect: 500ms, handshake: 300ms, tls: 300ms, head: 300ms, bodyIdle: 300ms, tunnelIdle: 500ms, total: 3s, clientHead: 1s, clientIdle: 1s }",
  "attempts: { max: 2, exits: 4 }",
];
/** No socket closed for this long: the rest stays. */
const SETTLED_MS = 10_000;

/** Exchanges over exits of which none works: whatever they did, no tunnel and no socket is left. */
export async function benchHostile({ exchanges }: BenchOptions): Promise<Table> {
  await using exits = await startHostileExits();
  await using gateway = await startGateway({ exits: exits.lines, config: IMPATIENCE });
  const proxy = { host: "127.0.0.1", port: gateway.port };
  await runHostileClients(proxy, Math.ceil(exchanges / 10)); // warms up: tables grow once
  await whenSocketsFall(gateway.pid, 0, SETTLED_MS);
  const before = { sockets: countSockets(gateway.pid), heap: await gateway.heapBytes() };

  const began = performance.now();
  const endings = await runHostileClients(proxy, exchanges);
  const seconds = (performance.now() - began) / 1000;
  const sockets = await whenSocketsFall(gateway.pid, before.sockets, SETTLED_MS);
  const heapGrowth = (await gateway.heapBytes()) - before.heap;

  return {
    title: `Hostile exits: ${exchanges} exchanges over ${exits.lines.length} exits that all misbehave`,
    columns: ["", "count"],
    rows: [
      ...[...endings].sort().map(([ending, count]) => [`clients: ${ending}`, String(count)]),
      ["sockets before", String(before.sockets)],
      ["sockets after", String(sockets)],
      ["heap growth, bytes/exchange", (heapGrowth / exchanges).toFixed(1)],
      ["exchanges/s", (exchanges / seconds).toFixed(0)],
    ],
    remarks: ["before: after a tenth as many exchanges, with the listeners and the admin listener open"],
    failures: findFailures(endings, sockets - before.sockets),
  };
}

function findFailures(endings: Endings, left: number): string[] {
  const forgotten = endings.get("forgotten") ?? 0;
  return [...(left > 0 ? [`${left} sockets were left`] : []), ...(forgotten > 0 ? [`${forgotten} exchanges never ended`] : [])];
}
