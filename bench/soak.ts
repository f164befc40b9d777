import { LOAD_CPU } from "./cores.ts";
import { runHostileClients } from "./load/hostile-clients.ts";
import { openTunnels } from "./load/orders.ts";
import { runWrk } from "./load/wrk.ts";
import { median } from "./measure/median.ts";
import { countSockets, readUsage } from "./measure/processes.ts";
import type { Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";
import { startGateway } from "./peers/gateway.ts";
import { startHostileExits } from "./peers/hostile-exits.ts";
import { startTarget } from "./peers/reverse.ts";
import { type NodePeer, startModule } from "./peers/start-node.ts";

interface Sample {
  readonly seconds: number;
  readonly exchanges: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
  readonly sockets: number;
}

const IMPATIENCE = "timeouts: { connect: 500ms, handshake: 300ms, tls: 300ms, head: 300ms, bodyIdle: 300ms, tunnelIdle: 500ms, total: 3s }";
const ROUND_SECONDS = 4;
const HOSTILE_EXCHANGES = 200;
/** More than the noise of a collector, far less than a leak of one record an exchange. */
const HEAP_GROWTH_MIB = 2;
const RSS_GROWTH_SHARE = 0.15;

/** Minutes of good requests, new tunnels and hostile exchanges in turn: memory stays flat. */
export async function benchSoak({ minutes }: BenchOptions): Promise<Table> {
  await using target = await startTarget();
  await using origin = await startModule("load/origin.ts", { cpu: LOAD_CPU });
  await using exits = await startHostileExits();
  await using direct = await startGateway();
  await using hostile = await startGateway({ exits: exits.lines, config: [IMPATIENCE] });
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const counts = { direct: 0, hostile: 0 };
  const samples: { direct: Sample[]; hostile: Sample[] } = { direct: [], hostile: [] };
  while (elapsed() < minutes * 60) {
    const load = { port: direct.port, targetPort: target.port, connections: 64, seconds: ROUND_SECONDS };
    counts.direct += (await runWrk(load)).requests;
    counts.direct += (await openTunnels({ port: direct.port, connectTo: origin.port }, 200, ROUND_SECONDS)).tunnels;
    await runHostileClients({ host: "127.0.0.1", port: hostile.port }, HOSTILE_EXCHANGES);
    counts.hostile += HOSTILE_EXCHANGES;
    samples.direct.push(await sample(direct, elapsed(), counts.direct));
    samples.hostile.push(await sample(hostile, elapsed(), counts.hostile));
  }
  return {
    title: `Soak: ${minutes} minutes of requests and tunnels, and of hostile exits`,
    columns: ["", "seconds", "exchanges", "heap MiB", "RSS MiB", "sockets"],
    rows: [...pickRows("good", samples.direct), ...pickRows("hostile", samples.hostile)],
    remarks: ["heap after full collections"],
    failures: [...findGrowth("good", samples.direct), ...findGrowth("hostile", samples.hostile)],
  };
}

async function sample(gateway: NodePeer, seconds: number, exchanges: number): Promise<Sample> {
  const heapMiB = (await gateway.heapBytes()) / 2 ** 20;
  const residentMiB = readUsage(gateway.pid).residentBytes / 2 ** 20;
  return { seconds, exchanges, heapMiB, residentMiB, sockets: countSockets(gateway.pid) };
}

/** At most a dozen, evenly spread, the last one included. */
function pickRows(name: string, samples: readonly Sample[]): string[][] {
  const step = Math.ceil(samples.length / 12);
  return samples
    .filter((_, i) => i % step === (samples.length - 1) % step)
    .map(({ seconds, exchanges, heapMiB, residentMiB, sockets }) => [
      name,
      seconds.toFixed(0),
      String(exchanges),
      heapMiB.toFixed(1),
      residentMiB.toFixed(0),
      String(sockets),
    ]);
}

/** The last third against the middle one: the first is warm-up. */
function findGrowth(name: string, samples: readonly Sample[]): string[] {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return [`${name}: too few samples to tell`];
  const growth = (pick: (sample: Sample) => number) => {
    const middle = median(samples.slice(third, -third).map(pick));
    return { by: median(samples.slice(-third).map(pick)) - middle, from: middle };
  };
  const heap = growth(({ heapMiB }) => heapMiB);
  const resident = growth(({ residentMiB }) => residentMiB);
  const failures: string[] = [];
  if (heap.by > HEAP_GROWTH_MIB) failures.push(`${name}: the heap grew by ${heap.by.toFixed(1)} MiB`);
  if (resident.by > resident.from * RSS_GROWTH_SHARE) failures.push(`${name}: RSS grew by ${resident.by.toFixed(0)} MiB`);
  return failures;
}
