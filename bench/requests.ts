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
  /** A reverse proxy knows its target; a forward proxy is told. */
  readonly kind: "reverse" | "forward";
}

interface Round extends WrkResult {
  readonly cpuPerRequest: number;
  readonly residentBytes: number;
}

const CONNECTIONS = 64;
const BASELINE = "nginx (reverse)";

/** Requests over kept-alive connections: what each proxy costs, and how fast it answers. Rounds are interleaved, medians shown. */
export async function benchRequests(options: BenchOptions): Promise<Table> {
  await using running = new AsyncDisposableStack();
  const target = running.use(await startTarget());
  const contenders = await startContenders(target.port, running);
  const results = await interleave(contenders, options, (contender, seconds) => measure(contender, target.port, seconds));
  return tabulate(results, options);
}

async function startContenders(targetPort: number, running: AsyncDisposableStack): Promise<Contender[]> {
  const exit = running.use(await startHaproxyProxy(targetPort, LOAD_CPU));
  const starts: [string, Contender["kind"], () => Promise<Peer>][] = [
    [BASELINE, "reverse", () => startNginxProxy(targetPort)],
    ["HAProxy (reverse)", "reverse", () => startHaproxyProxy(targetPort, PROXY_CPU)],
    ["raw sockets in Node (no checks)", "forward", () => startModule("peers/raw-forwarder.ts", { cpu: PROXY_CPU })],
    ["Good Gateway, direct", "forward", () => startGateway()],
    ["Good Gateway, through an HTTP exit", "forward", () => startGateway({ exits: [`127.0.0.1:${exit.port}`] })],
    ["Squid", "forward", () => startSquid({ cpu: PROXY_CPU })],
    ["tinyproxy", "forward", () => startTinyproxy({ cpu: PROXY_CPU })],
    ["proxy-chain", "forward", () => startModule("peers/proxy-chain-server.ts", { cpu: PROXY_CPU })],
  ];
  const contenders: Contender[] = [];
  for (const [name, kind, start] of starts) contenders.push({ name, kind, peer: running.use(await start()) });
  return contenders;
}

async function measure({ name, peer, kind }: Contender, targetPort: number, seconds: number): Promise<Round> {
  const before = readUsage(peer.pid);
  const load = { port: peer.port, targetPort: kind === "forward" ? targetPort : null, connections: CONNECTIONS, seconds };
  const result = await runWrk(load);
  const after = readUsage(peer.pid);
  if (result.requests === 0) throw new Error(`${name} answered nothing\n${peer.log()}`);
  const cpuPerRequest = (after.cpuMicroseconds - before.cpuMicroseconds) / result.requests;
  return { ...result, cpuPerRequest, residentBytes: after.residentBytes };
}

function tabulate(results: ReadonlyMap<Contender, Round[]>, { rounds, seconds }: BenchOptions): Table {
  const cpu = (measured: readonly Round[]) => median(measured.map(({ cpuPerRequest }) => cpuPerRequest));
  const baseline = cpu([...results].find(([{ name }]) => name === BASELINE)?.[1] ?? []);
  const rows = [...results].map(([{ name }, measured]) => {
    const middle = (pick: (round: Round) => number) => median(measured.map(pick));
    return [
      name,
      cpu(measured).toFixed(1),
      (cpu(measured) / baseline).toFixed(2),
      middle((round) => (round.requests / round.microseconds) * 1e6).toFixed(0),
      (middle((round) => round.p50) / 1000).toFixed(2),
      (middle((round) => round.p99) / 1000).toFixed(2),
      (middle((round) => round.residentBytes) / 2 ** 20).toFixed(0),
      String(measured.reduce((sum, round) => sum + round.failed, 0)),
    ];
  });
  return {
    title: `Requests: ${CONNECTIONS} connections, answers of 64 bytes`,
    columns: ["", "CPU µs/request", "x nginx", "requests/s", "p50 ms", "p99 ms", "RSS MiB", "failed"],
    rows,
    remarks: [
      `median of ${rounds} interleaved rounds of ${seconds} s; proxy on core ${PROXY_CPU}, load, target and exit on core ${LOAD_CPU}`,
    ],
  };
}
