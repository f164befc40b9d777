import { startMicrosocks } from "../tests/real/peers/microsocks.ts";
import type { Peer } from "../tests/real/peers/start-peer.ts";
import { LOAD_CPU, PROXY_CPU } from "./cores.ts";
import { openTunnels, type RateResult } from "./load/orders.ts";
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
  /** Null: no proxy at all. */
  readonly peer: Peer | null;
  readonly way: Way;
}

interface Round extends RateResult {
  readonly cpuPerTunnel: number;
}

const AT_ONCE = 200;

/** CONNECT, one byte there and back, close: how many tunnels a second. */
export async function benchTunnelRate(options: BenchOptions): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const contenders = await startContenders(running);
  const results = await interleave(contenders, options, measure);
  return {
    title: `New tunnels: CONNECT and one echo, ${AT_ONCE} at once`,
    columns: ["", "tunnels/s", "CPU µs/tunnel", "p50 ms", "p99 ms", "failed"],
    rows: [...results].map(([{ name }, rounds]) => describe(name, rounds)),
    remarks: [
      `median of ${options.rounds} interleaved rounds of ${options.seconds} s; proxy on core ${PROXY_CPU}, client, origin and exit on core ${LOAD_CPU}`,
    ],
  };
}

async function startContenders(running: AsyncDisposableStack): Promise<Contender[]> {
  const origin = running.use(await startModule("load/origin.ts", { cpu: LOAD_CPU }));
  const exit = running.use(await startMicrosocks({ cpu: LOAD_CPU }));
  const direct = running.use(await startGateway());
  const chained = running.use(await startGateway({ exits: [`socks5h://127.0.0.1:${exit.port}`] }));
  const proxyChain = running.use(await startModule("peers/proxy-chain-server.ts", { cpu: PROXY_CPU }));
  const through = (name: string, peer: Peer) => ({ name, peer, way: { port: peer.port, connectTo: origin.port } });
  return [
    { name: "no proxy", peer: null, way: { port: origin.port, connectTo: null } },
    through("Good Gateway, direct", direct),
    through("Good Gateway, through a SOCKS exit", chained),
    through("proxy-chain", proxyChain),
  ];
}

async function measure({ peer, way }: Contender, seconds: number): Promise<Round> {
  const cpu = () => (peer === null ? 0 : readUsage(peer.pid).cpuMicroseconds);
  const before = cpu();
  const result = await openTunnels(way, AT_ONCE, seconds);
  return { ...result, cpuPerTunnel: (cpu() - before) / result.tunnels };
}

function describe(name: string, rounds: readonly Round[]): string[] {
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  return [
    name,
    middle((round) => (round.tunnels / round.microseconds) * 1e6).toFixed(0),
    middle((round) => round.cpuPerTunnel).toFixed(0),
    (middle((round) => round.p50) / 1000).toFixed(1),
    (middle((round) => round.p99) / 1000).toFixed(1),
    String(rounds.reduce((sum, round) => sum + round.failed, 0)),
  ];
}
