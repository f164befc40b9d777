import type { GatewayEvent, HopState } from "../core/event.ts";
import type { AttemptRecord, ExchangeRecord, Outcome, StageTimes } from "../core/ledger.ts";
import { Exposition } from "./exposition.ts";
import { Histogram } from "./histogram.ts";
import type { ProcessFigures } from "./process-figures.ts";
import { Tally } from "./tally.ts";
import { type KindUsage, writeUsage } from "./write-usage.ts";

type Protocol = ExchangeRecord["protocol"];
type TimedStage = keyof StageTimes;

/** What a scrape asks of others than the events. */
export interface Gauges {
  /** How many exits are in each state. */
  readonly exits: Readonly<Record<HopState, number>>;
  /** What was spent, by tier and provider. */
  readonly usage: Iterable<KindUsage>;
  readonly process: ProcessFigures;
  /** Exchanges that wait for their turn. */
  readonly waiting: number;
  /** Checks of exits that run. */
  readonly checking: number;
}

/**
 * Counts what happened, for Prometheus. `observe` runs once for every exchange, so it only adds to numbers;
 * all text is made in `text`, when somebody scrapes.
 */
export class Metrics {
  readonly #exchanges = eachProtocol(noOutcomes);
  readonly #durations = eachProtocol(() => new Histogram());
  readonly #stages = eachStage(() => new Histogram());
  readonly #attempts = { answered: { fresh: 0, reused: 0 }, failed: { fresh: 0, reused: 0 }, cancelled: { fresh: 0, reused: 0 } };
  readonly #bytes = { client: { received: 0, sent: 0 }, hop: { received: 0, sent: 0 } };
  readonly #faults = new Tally();
  readonly #verdicts = new Tally();
  readonly #rescues = new Tally();
  readonly #exitChanges = new Tally();
  readonly #circuitChanges = new Tally();
  readonly #checks = new Tally();
  readonly #revisions = new Tally();
  readonly #operatorActions = new Tally();
  readonly #configLoads = { applied: 0, refused: 0 };
  #circuitsOpen = 0;
  #tunnelsOpened = 0;
  #tunnelsClosed = 0;
  #warnings = 0;

  observe(event: GatewayEvent): void {
    switch (event.type) {
      case "exchange-ended":
        this.#countExchange(event.record);
        break;
      case "tunnel-opened":
        this.#tunnelsOpened += 1;
        break;
      case "tunnel-closed":
        this.#tunnelsClosed += 1;
        break;
      case "hop-changed":
        this.#exitChanges.add({ from: event.from, to: event.to });
        break;
      case "circuit-changed":
        this.#circuitChanges.add({ from: event.from, to: event.to });
        this.#circuitsOpen += Number(event.from === "closed") - Number(event.to === "closed");
        break;
      case "verdict-revised":
        this.#revisions.add({ from: event.from, to: event.to });
        break;
      case "exit-checked":
        this.#checks.add({ result: event.result, fault: event.fault ?? "" });
        break;
      case "operator-acted":
        this.#operatorActions.add({ action: event.action });
        break;
      case "config-changed":
        this.#configLoads.applied += 1;
        break;
      case "config-refused":
        this.#configLoads.refused += 1;
        break;
      case "warning":
        this.#warnings += 1;
        break;
    }
  }

  /** Prometheus text format 0.0.4. */
  text(gauges: Gauges): string {
    const to = new Exposition();
    this.#writeExchanges(to);
    this.#writeAttempts(to);
    this.#writeFaults(to);
    this.#writeTunnelsAndBytes(to);
    this.#writePool(to, gauges);
    to.family("goodgateway_exchanges_waiting", "gauge", "Exchanges that wait for their turn at what is at a limit.");
    to.sample("goodgateway_exchanges_waiting", {}, gauges.waiting);
    writeUsage(to, [...gauges.usage]);
    this.#writeConfig(to);
    writeProcess(to, gauges.process);
    return to.toString();
  }

  #countExchange(record: ExchangeRecord): void {
    this.#exchanges[record.protocol][record.outcome] += 1;
    this.#durations[record.protocol].observe(record.ms);
    this.#bytes.client.received += record.bytesFromClient;
    this.#bytes.client.sent += record.bytesToClient;
    for (const attempt of record.attempts) this.#countAttempt(attempt);
    if (record.verdict !== null) this.#countVerdict(record, record.verdict);
    if (record.outcome === "rescued") this.#countRescue(record.attempts);
  }

  #countAttempt(attempt: AttemptRecord): void {
    const result = attempt.cancelled ? "cancelled" : attempt.fault === null ? "answered" : "failed";
    this.#attempts[result][attempt.reused ? "reused" : "fresh"] += 1;
    this.#bytes.hop.sent += attempt.bytesOut;
    this.#bytes.hop.received += attempt.bytesIn;
    for (const stage in attempt.ms) this.#stages[stage as TimedStage].observe(attempt.ms[stage as TimedStage] as number);
    if (attempt.fault !== null) this.#faults.add({ fault: attempt.fault, culprit: attempt.culprit ?? "", stage: attempt.stage });
  }

  #countVerdict(record: ExchangeRecord, verdict: NonNullable<ExchangeRecord["verdict"]>): void {
    const { fault, culprit, stage } = verdict;
    this.#verdicts.add({ fault, culprit, outcome: record.outcome });
    // A request that never became an attempt (a client's fault, no exit left) counts as a fault too.
    if (!record.attempts.some((attempt) => attempt.fault === fault)) this.#faults.add({ fault, culprit, stage });
  }

  /** By what would have been the client's answer without another attempt: the first fault. */
  #countRescue(attempts: readonly AttemptRecord[]): void {
    const first = attempts.find((attempt) => attempt.fault !== null);
    this.#rescues.add({ fault: first?.fault ?? "", culprit: first?.culprit ?? "" });
  }

  #writeExchanges(to: Exposition): void {
    to.family("goodgateway_exchanges_total", "counter", "Exchanges that ended, by protocol and outcome.");
    for (const [protocol, outcomes] of Object.entries(this.#exchanges)) {
      for (const [outcome, count] of Object.entries(outcomes)) to.sample("goodgateway_exchanges_total", { protocol, outcome }, count);
    }
    const duration = "goodgateway_exchange_duration_seconds";
    to.family(duration, "histogram", "From the complete request head to the end of the reply or tunnel.");
    for (const [protocol, histogram] of Object.entries(this.#durations)) histogram.write(duration, { protocol }, to);
    to.family(
      "goodgateway_rescues_total",
      "counter",
      "Exchanges that failed at first and were rescued, by the first fault and its culprit.",
    );
    this.#rescues.write("goodgateway_rescues_total", to);
  }

  #writeAttempts(to: Exposition): void {
    to.family("goodgateway_attempts_total", "counter", "Attempts, by result and by whether the socket was fresh or reused.");
    for (const [result, sockets] of Object.entries(this.#attempts)) {
      for (const [socket, count] of Object.entries(sockets)) to.sample("goodgateway_attempts_total", { result, socket }, count);
    }
    const duration = "goodgateway_stage_duration_seconds";
    to.family(duration, "histogram", "Time that attempts spent in each stage.");
    for (const [stage, histogram] of Object.entries(this.#stages)) histogram.write(duration, { stage }, to);
  }

  #writeFaults(to: Exposition): void {
    to.family(
      "goodgateway_faults_total",
      "counter",
      "Faults of attempts, and of requests that never became one, by id, culprit and stage.",
    );
    this.#faults.write("goodgateway_faults_total", to);
    to.family("goodgateway_verdicts_total", "counter", "What clients were told: verdicts by fault, culprit and outcome.");
    this.#verdicts.write("goodgateway_verdicts_total", to);
    to.family("goodgateway_verdict_revisions_total", "counter", "Verdicts on attempts that later evidence revised, by culprit.");
    this.#revisions.write("goodgateway_verdict_revisions_total", to);
  }

  #writeTunnelsAndBytes(to: Exposition): void {
    to.family("goodgateway_tunnels_open", "gauge", "Tunnels that are open now.");
    to.sample("goodgateway_tunnels_open", {}, this.#tunnelsOpened - this.#tunnelsClosed);
    to.family("goodgateway_tunnels_total", "counter", "Tunnels that were opened.");
    to.sample("goodgateway_tunnels_total", {}, this.#tunnelsOpened);
    to.family("goodgateway_bytes_total", "counter", "Bytes of exchanges that ended, by the peer they were received from or sent to.");
    for (const [peer, directions] of Object.entries(this.#bytes)) {
      for (const [direction, bytes] of Object.entries(directions)) to.sample("goodgateway_bytes_total", { peer, direction }, bytes);
    }
  }

  #writePool(to: Exposition, { exits, checking }: Gauges): void {
    to.family("goodgateway_exits", "gauge", "Exits of the pool, by state.");
    for (const [state, count] of Object.entries(exits)) to.sample("goodgateway_exits", { state }, count);
    to.family("goodgateway_exit_changes_total", "counter", "Changes of an exit's state.");
    this.#exitChanges.write("goodgateway_exit_changes_total", to);
    to.family("goodgateway_circuits_open", "gauge", "Targets, and paths of targets, that count as down.");
    to.sample("goodgateway_circuits_open", {}, this.#circuitsOpen);
    to.family("goodgateway_circuit_changes_total", "counter", "Changes of a target's state.");
    this.#circuitChanges.write("goodgateway_circuit_changes_total", to);
    to.family("goodgateway_checks_total", "counter", "Checks of exits by the gateway itself, by result and fault.");
    this.#checks.write("goodgateway_checks_total", to);
    to.family("goodgateway_checks_running", "gauge", "Checks that run now, those of silent exits included.");
    to.sample("goodgateway_checks_running", {}, checking);
  }

  #writeConfig(to: Exposition): void {
    to.family("goodgateway_operator_actions_total", "counter", "Changes by the admin API.");
    this.#operatorActions.write("goodgateway_operator_actions_total", to);
    to.family("goodgateway_config_loads_total", "counter", "Changes of the configuration or of an exit list, by result.");
    for (const [result, count] of Object.entries(this.#configLoads)) to.sample("goodgateway_config_loads_total", { result }, count);
    to.family("goodgateway_warnings_total", "counter", "Warnings that were logged.");
    to.sample("goodgateway_warnings_total", {}, this.#warnings);
  }
}

/** Under the names that dashboards for Node.js processes expect. */
function writeProcess(to: Exposition, figures: ProcessFigures): void {
  const gauge = (name: string, help: string, value: number) => to.family(name, "gauge", help).sample(name, {}, value);
  const counter = (name: string, help: string, value: number) => to.family(name, "counter", help).sample(name, {}, value);
  gauge("process_resident_memory_bytes", "Resident memory.", figures.residentBytes);
  gauge("process_start_time_seconds", "Start of the process, in seconds since the epoch.", figures.startedAtSeconds);
  counter("process_cpu_seconds_total", "CPU time of the process, user and system.", figures.cpuSeconds);
  gauge("nodejs_heap_size_used_bytes", "JavaScript heap in use.", figures.heapUsedBytes);
  gauge("nodejs_heap_size_total_bytes", "JavaScript heap reserved.", figures.heapTotalBytes);
  gauge("nodejs_external_memory_bytes", "Memory of buffers and other objects outside the heap.", figures.externalBytes);
  counter("nodejs_eventloop_active_seconds_total", "Time in which the event loop ran code.", figures.loopActiveSeconds);
  counter("nodejs_eventloop_idle_seconds_total", "Time in which the event loop waited.", figures.loopIdleSeconds);
}

function noOutcomes(): Record<Outcome, number> {
  return { ok: 0, rescued: 0, relayed: 0, failed: 0, aborted: 0 };
}

function eachProtocol<T>(make: () => T): Record<Protocol, T> {
  return { http: make(), connect: make(), socks4: make(), socks5: make() };
}

function eachStage(make: () => Histogram): Record<TimedStage, Histogram> {
  return { dns: make(), connect: make(), handshake: make(), tls: make(), write: make(), head: make(), body: make() };
}
