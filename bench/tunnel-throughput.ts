import { startHaproxy } from "../tests/real/peers/haproxy.ts";
import type { Peer } from "../tests/real/peers/start-peer.ts";
import { LOAD_CPU, PROXY_CPU } from "./cores.ts";
import { type StreamResult, streamThrough } from "./load/orders.ts";
import type { Way } from "./load/tunnel.ts";
import { median } from "./measure/median.ts";
import { readUsage } from "./measure/processes.ts";
import type { Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { startGateway } from "./peers/gateway.ts";
import { startModule } from "./peers/start-node.ts";

interface Contender {
  readonly name: string;
  readonly peer: Peer;
  readonly way: Way;
  readonly rounds: Round[];
}

interface Round extends StreamResult {
  readonly cpuMicroseconds: number;
}

const TUNNELS = 4;

/** Bytes from the origin through a few tunnels, as fast as they go: what they cost. */
export async function benchTunnelThroughput({ rounds, seconds }: BenchOptions): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const contenders = await startContenders(running);
  for (const contender of contenders) await measure(contender, 1); // warms up; not counted
  for (const contender of contenders) contender.rounds.length = 0;
  for (let round = 0; round < rounds; round++) for (const contender of contenders) await measure(contender, seconds);
  return {
    title: `Tunnel throughput: origin to client, ${TUNNELS} tunnels`,
    columns: ["", "GB/CPU second", "GB/s", "% of a core"],
    rows: contenders.map(describe),
    remarks: [`median of ${rounds} interleaved rounds of ${seconds} s; proxy on core ${PROXY_CPU}, client and origin on core ${LOAD_CPU}`],
  };
}

async function startContenders(running: AsyncDisposableStack): Promise<Contender[]> {
  const origin = running.use(await startModule("load/origin.ts", { cpu: LOAD_CPU }));
  const haproxy = running.use(await startTcpProxy(origin.port));
  const gateway = running.use(await startGateway());
  const proxyChain = running.use(await startModule("peers/proxy-chain-server.ts", { cpu: PROXY_CPU }));
  return [
    { name: "HAProxy (tcp)", peer: haproxy, way: { port: haproxy.port, connectTo: null }, rounds: [] },
    { name: "Good Gateway, CONNECT", peer: gateway, way: { port: gateway.port, connectTo: origin.port }, rounds: [] },
    { name: "proxy-chain, CONNECT", peer: proxyChain, way: { port: proxyChain.port, connectTo: origin.port }, rounds: [] },
  ];
}

function startTcpProxy(originPort: number): Promise<Peer> {
  const sections = ({ port }: { port: number }) => `
listen tunnel
  mode tcp
  bind 127.0.0.1:${port}
  server origin 127.0.0.1:${originPort}`;
  return startHaproxy(sections, { cpu: PROXY_CPU });
}

async function measure({ peer, way, rounds }: Contender, seconds: number): Promise<void> {
  const before = readUsage(peer.pid);
  const result = await streamThrough(way, TUNNELS, seconds);
  rounds.push({ ...result, cpuMicroseconds: readUsage(peer.pid).cpuMicroseconds - before.cpuMicroseconds });
}

function describe({ name, rounds }: Contender): string[] {
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  return [
    name,
    (middle((round) => round.bytes / round.cpuMicroseconds) / 1000).toFixed(2),
    (middle((round) => round.bytes / round.microseconds) / 1000).toFixed(2),
    (middle((round) => round.cpuMicroseconds / round.microseconds) * 100).toFixed(0),
  ];
}
