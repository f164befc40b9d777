import { startSquid } from "../tests/real/peers/squid.ts";
import type { Peer } from "../tests/real/peers/start-peer.ts";
import { startTinyproxy } from "../tests/real/peers/tinyproxy.ts";
import { LOAD_CPU, PROXY_CPU } from "./cores.ts";
import { runWrk, type WrkResult } from "./load/wrk.ts";
import { interleave } from "./measure/interleave.ts";
import { median } from "./measure/median.ts";
import { readUsage } from "./measure/processes.ts";
import type { Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { startGateway } from "./peers/gateway.ts";
import { startHaproxyProxy, startNginxProxy, startTarget } from "./peers/reverse.ts";
import { startModule } from "./peers/start-node.ts";

interface Contender {
  readonly name: string;
  readonly peer: Peer;
  /** What a forward proxy is told to ask; null: a reverse proxy knows. */
  readonly toldPort: number | null;
  /** Null: this one goes to the target itself. */
  readonly exit: Peer | null;
}

interface Round extends WrkResult {
  readonly cpuPerRequest: number;
  readonly residentBytes: number;
}

const CONNECTIONS = 64;
/** What each way costs in nginx: through an exit on the load's core requests come one by one rather than in bunches, which costs any proxy more. */
const BASELINE = "nginx (reverse)";
const EXIT_BASELINE = "nginx (reverse), through the exit";

/** Requests over kept-alive connections: what each proxy costs, and how fast it answers. Rounds are interleaved, medians shown. */
export async function benchRequests(options: BenchOptions): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const target = running.use(await startTarget());
  const contenders = await startContenders(target.port, running);
  const results = await interleave(contenders, options, measure);
  return tabulate(results, options);
}

async function startContenders(targetPort: number, running: AsyncDisposableStack): Promise<Contender[]> {
  const exit = running.use(await startHaproxyProxy(targetPort, LOAD_CPU));
  const node = (module: string) => startModule(module, { cpu: PROXY_CPU });
  const starts: [string, Contender["toldPort"], Contender["exit"], () => Promise<Peer>][] = [
    [BASELINE, null, null, () => startNginxProxy(targetPort)],
    ["HAProxy (reverse)", null, null, () => startHaproxyProxy(targetPort, PROXY_CPU)],
    ["raw sockets in Node (no checks)", targetPort, null, () => node("peers/raw-forwarder.ts")],
    ["Good Gateway, direct", targetPort, null, () => startGateway()],
    [EXIT_BASELINE, null, exit, () => startNginxProxy(exit.port)],
    ["raw sockets in Node, through the exit", exit.port, exit, () => node("peers/raw-forwarder.ts")],
    ["Good Gateway, through an HTTP exit", targetPort, exit, () => startGateway({ exits: [`127.0.0.1:${exit.port}`] })],
    ["Squid", targetPort, null, () => startSquid({ cpu: PROXY_CPU })],
    ["tinyproxy", targetPort, null, () => startTinyproxy({ cpu: PROXY_CPU })],
    ["proxy-chain", targetPort, null, () => node("peers/proxy-chain-server.ts")],
  ];
  const contenders: Contender[] = [];
  for (const [name, toldPort, by, start] of starts) contenders.push({ name, toldPort, exit: by, peer: running.use(await start()) });
  return contenders;
}

async function measure({ name, peer, toldPort }: Contender, seconds: number): Promise<Round> {
  const before = readUsage(peer.pid);
  const load = { port: peer.port, targetPort: toldPort, connections: CONNECTIONS, seconds };
  const result = await runWrk(load);
  const after = readUsage(peer.pid);
  if (result.requests === 0) throw new Error(`${name} answered nothing\n${peer.log()}`);
  const cpuPerRequest = (after.cpuMicroseconds - before.cpuMicroseconds) / result.requests;
  return { ...result, cpuPerRequest, residentBytes: after.residentBytes };
}

function tabulate(results: ReadonlyMap<Contender, Round[]>, { rounds, seconds }: BenchOptions): Table {
  const cpu = (measured: readonly Round[]) => median(measured.map(({ cpuPerRequest }) => cpuPerRequest));
  const of = (baseline: string) => cpu([...results].find(([{ name }]) => name === baseline)?.[1] ?? []);
  const rows = [...results].map(([{ name, exit }, measured]) => {
    const middle = (pick: (round: Round) => number) => median(measured.map(pick));
    return [
      name,
      cpu(measured).toFixed(1),
      (cpu(measured) / of(BASELINE)).toFixed(2),
      exit === null ? "" : (cpu(measured) / of(EXIT_BASELINE)).toFixed(2),
      middle((round) => (round.requests / round.microseconds) * 1e6).toFixed(0),
      (middle((round) => round.p50) / 1000).toFixed(2),
      (middle((round) => round.p99) / 1000).toFixed(2),
      (middle((round) => round.residentBytes) / 2 ** 20).toFixed(0),
      String(measured.reduce((sum, round) => sum + round.failed, 0)),
    ];
  });
  return {
    title: `Requests: ${CONNECTIONS} connections, answers of 64 bytes`,
    columns: ["", "CPU µs/request", "x nginx", "x nginx through it", "requests/s", "p50 ms", "p99 ms", "RSS MiB", "failed"],
    rows,
    remarks: [
      `median of ${rounds} interleaved rounds of ${seconds} s; proxy on core ${PROXY_CPU}, load, target and exit on core ${LOAD_CPU}`,
    ],
  };
}
