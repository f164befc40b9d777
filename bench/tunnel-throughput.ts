import { startHaproxy } from "../tests/real/peers/haproxy.ts";
import type { Peer } from "../tests/real/peers/start-peer.ts";
import { LOAD_CPU, PROXY_CPU } from "./cores.ts";
import { type StreamResult, streamThrough } from "./load/orders.ts";
import type { Way } from "./load/tunnel.ts";
import { interleave } from "./measure/interleave.ts";
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
}

interface Round extends StreamResult {
  readonly cpuMicroseconds: number;
}

const TUNNELS = 4;

/** Bytes from the origin through a few tunnels, as fast as they go: what they cost. */
export async function benchTunnelThroughput(options: BenchOptions): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const contenders = await startContenders(running);
  const results = await interleave(contenders, options, measure);
  return {
    title: `Tunnel throughput: origin to client, ${TUNNELS} tunnels`,
    columns: ["", "GB/CPU second", "GB/s", "% of a core"],
    rows: [...results].map(([{ name }, rounds]) => describe(name, rounds)),
    remarks: [
      `median of ${options.rounds} interleaved rounds of ${options.seconds} s; proxy on core ${PROXY_CPU}, client and origin on core ${LOAD_CPU}`,
    ],
  };
}

async function startContenders(running: AsyncDisposableStack): Promise<Contender[]> {
  const origin = running.use(await startModule("load/origin.ts", { cpu: LOAD_CPU }));
  const haproxy = running.use(await startTcpProxy(origin.port));
  const gateway = running.use(await startGateway());
  const proxyChain = running.use(await startModule("peers/proxy-chain-server.ts", { cpu: PROXY_CPU }));
  return [
    { name: "HAProxy (tcp)", peer: haproxy, way: { port: haproxy.port, connectTo: null } },
    { name: "Good Gateway, CONNECT", peer: gateway, way: { port: gateway.port, connectTo: origin.port } },
    { name: "proxy-chain, CONNECT", peer: proxyChain, way: { port: proxyChain.port, connectTo: origin.port } },
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

async function measure({ peer, way }: Contender, seconds: number): Promise<Round> {
  const before = readUsage(peer.pid);
  const result = await streamThrough(way, TUNNELS, seconds);
  return { ...result, cpuMicroseconds: readUsage(peer.pid).cpuMicroseconds - before.cpuMicroseconds };
}

function describe(name: string, rounds: readonly Round[]): string[] {
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  return [
    name,
    (middle((round) => round.bytes / round.cpuMicroseconds) / 1000).toFixed(2),
    (middle((round) => round.bytes / round.microseconds) / 1000).toFixed(2),
    (middle((round) => round.cpuMicroseconds / round.microseconds) * 100).toFixed(0),
  ];
}
