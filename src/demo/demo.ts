import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Gateway, startGateway } from "../app.ts";
import type { HostPort } from "../core/address.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import type { ExitHop } from "../core/route.ts";
import type { Config, ListenerSettings } from "../core/settings.ts";
import { fakeResolver } from "../lab/fake-resolver.ts";
import { fitLines } from "./fit-lines.ts";
import { playOutages } from "./outages.ts";
import { type Output, startProgress } from "./progress.ts";
import { tellCommands, tellOutages, tellOutcome, tellWorld } from "./report.ts";
import { sendThrough } from "./script-client.ts";
import { type DemoRequest, planWorkload, sendAll, type Tally } from "./workload.ts";
import { type DemoWorld, startDemoWorld } from "./world.ts";

export interface DemoOptions {
  /** Requests of the workload, each sent twice. */
  readonly requests: number;
  /** End after the comparison. */
  readonly once: boolean;
  /** The config of an empty file: what the demo does not change. */
  readonly config: Config;
  /** Resolves when the demo is to end, where it stays up. */
  readonly ended: Promise<void>;
  readonly out: Output;
  readonly err: Output;
}

/** Runs the fault lab, a gateway over it, and a workload; gives the exit status. Nothing beyond this machine is contacted. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { out, once, requests } = options;
  const columns = out.columns ?? Number.POSITIVE_INFINITY;
  await using world = await startDemoWorld();
  out.write(fitLines(`${tellWorld(world.exits, requests)}\n`, columns));
  const book = new RecordBook(requests);
  await using gateway = await startDemoGateway(options.config, world, book);
  const [address] = gateway.addresses as [HostPort];
  const { script, viaGateway } = await compare(options, world, address);
  await book.whenFull();
  out.write(fitLines(tellOutcome(world.exits, { records: book.records, script, gateway: viaGateway }, columns), columns));
  const send = (request: DemoRequest) => sendThrough({ ...address, scheme: "http" }, request, world.authority.cert);
  out.write(fitLines(tellOutages(await playOutages({ world, gateway, heard: book.later, send })), columns));
  if (!once) await stayUp(options, world, address);
  return 0;
}

/** The gateway as it is shipped, over the lab's exits, with less patience than the internet needs. */
function startDemoGateway(config: Config, world: DemoWorld, book: RecordBook): Promise<Gateway> {
  const [listener] = config.listeners as readonly [ListenerSettings];
  const { timeouts } = config.exchange;
  const changed: Config = {
    ...config,
    listeners: [{ ...listener, host: "127.0.0.1", port: 0 }],
    admin: null,
    sources: [{ kind: "inline", exits: world.exits.map(({ exit }) => exit) }],
    exchange: {
      ...config.exchange,
      timeouts: { ...timeouts, connect: HOP_MS, handshake: HOP_MS, tls: HOP_MS, head: HOP_MS },
      circuit: { ...config.exchange.circuit, probe: PROBE_MS },
      ca: [world.authority.cert],
    },
  };
  return startGateway(changed, {
    resolver: fakeResolver({}),
    report: (event) => {
      if (event.type === "exchange-ended") book.add(event.record);
    },
  });
}

const HOP_MS = 700;
const PROBE_MS = 300;

/** The same requests, twice: plain rotation over the exits, and the gateway. */
async function compare(
  { requests, err }: DemoOptions,
  { exits, authority }: DemoWorld,
  gateway: HostPort,
): Promise<{ script: Tally; viaGateway: Tally }> {
  const workload = planWorkload(requests);
  const proxies = exits.map(({ exit }) => exit.hops[0] as ExitHop);
  const script = await sendAll(
    workload,
    (request, index) => sendThrough(proxies[index % proxies.length] as ExitHop, request, authority.cert),
    startProgress(err, "plain rotation     ", requests),
  );
  const viaGateway = await sendAll(
    workload,
    (request) => sendThrough({ ...gateway, scheme: "http" }, request, authority.cert),
    startProgress(err, "through the gateway", requests),
  );
  return { script, viaGateway };
}

/** Writes down what curl has to trust, tells what to try, and waits. */
async function stayUp({ out, ended }: DemoOptions, { authority }: DemoWorld, gateway: HostPort): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "goodgateway-demo-"));
  try {
    const caFile = join(folder, "ca.pem");
    await writeFile(caFile, authority.cert);
    out.write(`\n${tellCommands(gateway, caFile)}`);
    await ended;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The records of the workload's exchanges. A tunnel's comes only when both of its sides have closed it. */
class RecordBook {
  readonly records: ExchangeRecord[] = [];
  /** The first of those that came after them. */
  readonly later: ExchangeRecord[] = [];
  readonly #count: number;
  readonly #full = Promise.withResolvers<void>();

  constructor(count: number) {
    this.#count = count;
    if (count === 0) this.#full.resolve();
  }

  add(record: ExchangeRecord): void {
    if (this.records.length === this.#count) {
      if (this.later.length < LATER_MAX) this.later.push(record); // it may stay up for long
      return;
    }
    this.records.push(record);
    if (this.records.length === this.#count) this.#full.resolve();
  }

  /** Resolves when all are there, or when they will hardly come any more. */
  async whenFull(): Promise<void> {
    await Promise.race([this.#full.promise, delay(STRAGGLERS_MS, undefined, { ref: false })]);
  }
}

const STRAGGLERS_MS = 2000;
const LATER_MAX = 1000;
