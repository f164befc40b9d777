import { LOAD_CPU, PROXY_CPU } from "./cores.ts";
import { holdTunnels } from "./load/orders.ts";
import { readUsage, whenSocketsFall } from "./measure/processes.ts";
import type { Table } from "./measure/table.ts";
import { startGateway } from "./peers/gateway.ts";
import { type NodePeer, startModule } from "./peers/start-node.ts";

const TUNNELS = 2000;
const SETTLED_MS = 3_000;

/** What an idle tunnel keeps in memory, and what is left once all are closed. */
export async function benchTunnelMemory(): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const origin = running.use(await startModule("load/origin.ts", { cpu: LOAD_CPU }));
  const gateway = running.use(await startGateway());
  const proxyChain = running.use(await startModule("peers/proxy-chain-server.ts", { cpu: PROXY_CPU }));
  return {
    title: `Idle tunnels: ${TUNNELS} at once`,
    columns: ["", "heap KiB/tunnel", "RSS KiB/tunnel", "heap KiB/tunnel left", "sockets left"],
    rows: [await measure("Good Gateway", gateway, origin.port), await measure("proxy-chain", proxyChain, origin.port)],
    remarks: ["heap after full collections; what is left, after all tunnels were closed, against before"],
  };
}

async function measure(name: string, peer: NodePeer, originPort: number): Promise<string[]> {
  const way = { port: peer.port, connectTo: originPort };
  await (await holdTunnels(way, TUNNELS))[Symbol.asyncDispose](); // warms up: tables and pools grow once
  const sockets = await whenSocketsFall(peer.pid, 0, SETTLED_MS);
  const before = await figures(peer);
  const tunnels = await holdTunnels(way, TUNNELS);
  const during = await figures(peer);
  await tunnels[Symbol.asyncDispose]();
  const left = (await whenSocketsFall(peer.pid, sockets, SETTLED_MS)) - sockets;
  const after = await figures(peer);
  const each = (bytes: number) => (bytes / 1024 / TUNNELS).toFixed(1);
  return [name, each(during.heap - before.heap), each(during.resident - before.resident), each(after.heap - before.heap), String(left)];
}

async function figures(peer: NodePeer): Promise<{ heap: number; resident: number }> {
  return { heap: await peer.heapBytes(), resident: readUsage(peer.pid).residentBytes };
}
