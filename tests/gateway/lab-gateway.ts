import { type Gateway, type GatewayOptions, startGateway } from "../../src/app.ts";
import { DEFAULT_CHECK, defaultConfig } from "../../src/config/defaults.ts";
import type { HostPort } from "../../src/core/address.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import type { Exit } from "../../src/core/route.ts";
import type { CheckSettings, Config, ExchangeSettings, ListenerSettings, Timeouts } from "../../src/core/settings.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";

export interface LabGatewayOptions {
  /** Lines of an exit list; none: direct only. */
  readonly exits?: readonly string[];
  readonly timeouts?: Partial<Timeouts>;
  readonly exchange?: Partial<ExchangeSettings>;
  readonly listener?: Partial<ListenerSettings>;
  readonly admin?: Config["admin"];
  /** Exits are checked, so that those that passed are taken first. */
  readonly check?: Partial<CheckSettings>;
  readonly options?: Partial<GatewayOptions>;
}

/** A whole gateway on a free port, with what it reported. */
export interface LabGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** What it was started with. */
  readonly config: Config;
  readonly address: HostPort;
  readonly events: GatewayEvent[];
  readonly lines: string[];
  /** The next exchange that ends, or the first that has ended and was not taken yet. */
  nextRecord(): Promise<ExchangeRecord>;
}

/** Limits short enough for tests that wait for them, long enough for a loaded machine that does not. */
const TIMEOUTS: Partial<Timeouts> = { connect: 5000, handshake: 5000, tls: 5000, head: 5000, total: 20_000, evidence: 500, drain: 1000 };

export async function startLabGateway(given: LabGatewayOptions = {}): Promise<LabGateway> {
  const base = defaultConfig();
  const [listener] = base.listeners as [ListenerSettings];
  const exits = parseExits(given.exits ?? []);
  const config: Config = {
    ...base,
    listeners: [{ ...listener, port: 0, ...given.listener }],
    admin: given.admin ?? null,
    sources: [{ kind: "inline", exits }],
    check: given.check === undefined ? null : { ...DEFAULT_CHECK, judges: [], target: null, ...given.check },
    exchange: {
      ...base.exchange,
      pool: { ...base.exchange.pool, checked: given.check !== undefined },
      direct: exits.length === 0 ? "only" : "never",
      ...given.exchange,
      timeouts: { ...base.exchange.timeouts, ...TIMEOUTS, ...given.timeouts },
    },
  };
  const events: GatewayEvent[] = [];
  const lines: string[] = [];
  const records = new Queue<ExchangeRecord>();
  const gateway = await startGateway(config, {
    log: (line) => lines.push(line),
    report: (event) => {
      events.push(event);
      if (event.type === "exchange-ended") records.push(event.record);
    },
    ...given.options,
  });
  return {
    gateway,
    config,
    address: gateway.addresses[0] as HostPort,
    events,
    lines,
    nextRecord: () => records.next(),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

export function parseExits(lines: readonly string[]): readonly Exit[] {
  const { exits, errors } = parseExitList(lines.join("\n"), { scheme: "http", tags: {}, where: { file: "lab", line: 1 }, env: null });
  if (errors.length > 0) throw new Error(errors.map(({ reason }) => reason).join("; "));
  return exits;
}

/** Values in their order, for whoever comes first. */
class Queue<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  push(value: T): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#values.push(value);
    else waiter(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value);
  }
}
