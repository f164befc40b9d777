import { performance } from "node:perf_hooks";
import { AdminDoor } from "./admin/door.ts";
import { Operator } from "./admin/operator.ts";
import type { AdminSources } from "./admin/page.ts";
import { createGatewayProbe } from "./check/gateway-probe.ts";
import type { HostPort } from "./core/address.ts";
import type { Clock, Random } from "./core/clock.ts";
import type { GatewayEvent, Report } from "./core/event.ts";
import type { Probe } from "./core/probe.ts";
import type { CheckSettings, Config } from "./core/settings.ts";
import type { ExchangeContext } from "./exchange/context.ts";
import { exchangeIds } from "./exchange/exchange-id.ts";
import { HedgeBook } from "./exchange/hedge-book.ts";
import { Patrol } from "./exchange/patrol.ts";
import { Revisions } from "./exchange/revisions.ts";
import { WaitingRoom } from "./exchange/waiting-room.ts";
import { InFlight } from "./forward/admission.ts";
import { assertGuarded } from "./forward/guarded.ts";
import { ForwardListener } from "./forward/listener.ts";
import { ownSessionKey } from "./forward/session-key.ts";
import { connectTcp } from "./net/connect-tcp.ts";
import { Deadlines } from "./net/deadlines.ts";
import { IdleSockets, type IdleSocketsLimits } from "./net/idle-sockets.ts";
import { reachesListener } from "./net/own-listener.ts";
import { type Resolver, systemResolver } from "./net/resolve.ts";
import { logger } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { readProcessFigures } from "./observe/process-figures.ts";
import { ExchangeRing } from "./observe/ring.ts";
import { Accounting } from "./pool/accounting.ts";
import { Circuits } from "./pool/circuits.ts";
import { Pool } from "./pool/pool.ts";
import { ExitsInForce, type ExitsInForceOptions } from "./sources/exits-in-force.ts";
import type { Env } from "./wire/env-value.ts";

/** Everything that is not in the config: what tests replace, and where log lines go. */
export interface GatewayOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly resolver: Resolver;
  readonly connectTcp: typeof connectTcp;
  /** For `${NAME}` in exit lists. */
  readonly env: Env;
  /** Takes one line without its end. */
  readonly log: (line: string) => void;
  /** Hears every event, beside log, metrics and ring. */
  readonly report: Report;
  /** Once it resolves, a start waits for no exit any more: whoever starts the gateway is about to end it. */
  readonly ended: Promise<void>;
}

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** Where it listens, in the order of the config. */
  readonly addresses: readonly HostPort[];
  readonly adminAddress: HostPort | null;
  readonly pool: Pool;
  readonly exchanges: ExchangeRing;
  readonly metrics: Metrics;
  /** Exchanges that wait for their turn at what is at a limit (`pacing`). */
  readonly waiting: number;
  /** Puts an event into log, metrics and ring, for whoever starts the gateway: a config that was refused, say. */
  readonly report: Report;
  /** Takes a new configuration; exchanges in flight finish under the old one. Listening addresses stay as they are. */
  reload(config: Config): Promise<void>;
  /** Takes no new request, and waits for those in flight, at most so long. */
  drain(timeoutMs: number): Promise<void>;
}

const RING_CAPACITY = 1000;
const DRAIN_LOOK_MS = 20;

const systemClock: Clock = { now: () => performance.now(), wall: () => Date.now() };

/** Starts a gateway: the pool with its exits, the listeners, the admin listener. Throws, with all closed again, where one cannot start. */
export async function startGateway(config: Config, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = new RunningGateway(config, {
    clock: systemClock,
    random: Math.random,
    resolver: systemResolver(),
    connectTcp,
    env: {},
    log: () => {},
    report: () => {},
    ended: new Promise(() => {}),
    ...options,
  });
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
}

class RunningGateway implements Gateway {
  readonly addresses: HostPort[] = [];
  readonly pool: Pool;
  readonly exchanges: ExchangeRing = new ExchangeRing(RING_CAPACITY);
  readonly metrics: Metrics = new Metrics();
  readonly #accounting: Accounting;
  readonly #options: GatewayOptions;
  readonly #context: ExchangeContext;
  readonly #revisions: Revisions;
  readonly #patrol: Patrol;
  readonly #inFlight = new InFlight();
  #config: Config;
  #log: Report;
  readonly #exits: ExitsInForce;
  #listeners: ForwardListener[] = [];
  readonly #admin: AdminDoor;
  #isReady = false;

  constructor(config: Config, options: GatewayOptions) {
    const { clock, random, resolver, connectTcp: dialler } = options;
    this.#config = config;
    this.#options = options;
    this.#log = logger(config.log.format, options.log, clock);
    this.pool = new Pool({ settings: config.exchange.pool, clock, random, report: this.report });
    this.#accounting = new Accounting((exit) => this.pool.find(exit), config.prices);
    this.#revisions = new Revisions({ pool: this.pool, clock, report: this.report });
    this.#patrol = new Patrol({ pool: this.pool, clock, random, report: this.report, onBug: this.#onBug });
    const { env } = options;
    this.#exits = new ExitsInForce({ env, random, report: this.report, ...this.#changesOfExits() });
    this.#admin = new AdminDoor(this.#adminSources(), this.report);
    const deadlines = new Deadlines(clock);
    const room = new WaitingRoom(clock, deadlines);
    this.pool.limits.onRoom = room.look;
    this.pool.limits.configure(config.exchange.pacing);
    this.#context = {
      settings: config.exchange,
      pool: this.pool,
      room,
      hedges: new HedgeBook(),
      circuits: new Circuits({ random, report: this.report }),
      revisions: this.#revisions,
      idle: new IdleSockets({ clock, ...idleLimitsOf(config) }),
      resolver,
      connectTcp: dialler,
      deadlines,
      clock,
      random,
      report: this.report,
      onBug: this.#onBug,
      nextId: exchangeIds(clock.wall()),
      isOwnListener: (address, port) => {
        for (const own of this.addresses) if (reachesListener(own, address, port)) return true;
        // No loop, but what lets clients through must not let them in there.
        const { adminAddress } = this;
        return adminAddress !== null && reachesListener(adminAddress, address, port);
      },
    };
  }

  get adminAddress(): HostPort | null {
    return this.#admin.address;
  }

  get waiting(): number {
    return this.#context.room.size;
  }

  async start(): Promise<void> {
    for (const listener of this.#config.listeners) assertGuarded(listener);
    await this.#exits.take(await this.#exits.read(this.#config.sources));
    await this.#admin.configure(this.#config.admin); // so that it can be asked what the start waits for
    this.#patrol.configure(this.#ordersOf(this.#config));
    await Promise.race([this.#patrol.whenServing(), this.#options.ended]);
    for (const settings of this.#config.listeners) {
      const listener = new ForwardListener(this.#context, settings, this.#inFlight, this.#onBug);
      this.#listeners.push(listener);
      this.addresses.push(await listener.start());
    }
    this.#isReady = true;
  }

  async reload(config: Config): Promise<void> {
    for (const [index, settings] of config.listeners.entries()) {
      assertGuarded({ ...settings, host: this.addresses[index]?.host ?? settings.host }); // it stays where it listens
    }
    const orders = this.#ordersOf(config);
    await this.#admin.configure(config.admin);
    const sources = await this.#exits.read(config.sources);
    this.#config = config;
    this.#context.settings = config.exchange;
    this.#context.idle.configure(idleLimitsOf(config));
    this.pool.configure(config.exchange.pool);
    this.pool.limits.configure(config.exchange.pacing);
    this.#log = logger(config.log.format, this.#options.log, this.#options.clock);
    for (const [index, listener] of this.#listeners.entries()) {
      const settings = config.listeners[index];
      if (settings !== undefined) listener.reload(settings);
    }
    await this.#exits.take(sources);
    this.#patrol.configure(orders);
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#isReady = false;
    this.#patrol.configure(null);
    for (const listener of this.#listeners) listener.drain();
    const { clock } = this.#options;
    const until = clock.now() + timeoutMs;
    while (this.#inFlight.size > 0 && clock.now() < until) await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReady = false;
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
    await this.#patrol[Symbol.asyncDispose]();
    this.#context.idle.clear();
    this.#context.room.clear();
    this.#context.deadlines.clear();
    await this.#exits[Symbol.asyncDispose]();
    await this.#admin[Symbol.asyncDispose]();
  }

  #changesOfExits(): Pick<ExitsInForceOptions, "load" | "change"> {
    const { pool } = this;
    const onChanged = () => {
      this.#accounting.renew(this.#config.prices);
      this.#patrol.look();
    };
    return {
      *load(exits) {
        const loaded = yield* pool.loading(exits);
        onChanged();
        return loaded;
      },
      change(put, gone) {
        pool.change(put, gone);
        onChanged();
      },
    };
  }

  #ordersOf({ check, exchange }: Config): { readonly settings: CheckSettings; readonly probe: Probe } | null {
    if (check === null) return null;
    const warn = (message: string) => this.report({ type: "warning", message });
    return {
      settings: check,
      probe: createGatewayProbe({ ...this.#options, check, exchange, warn, onJudgesBack: () => this.#patrol.judgesAreBack() }),
    };
  }

  #adminSources(): AdminSources {
    return {
      ready: () => this.#isReady,
      metrics: () => {
        const usage = this.#accounting.kinds();
        const { waiting } = this;
        const checking = this.#patrol.running;
        return this.metrics.text({ exits: this.pool.countByState(), usage, process: readProcessFigures(), waiting, checking });
      },
      usage: (limit) => this.#accounting.usage(limit),
      exits: this.pool,
      exchanges: this.exchanges,
      operator: new Operator({
        pool: this.pool,
        lists: this.#exits,
        rotate: (user, key) => this.pool.rotateSession(ownSessionKey(user, key)),
        report: this.report,
      }),
    };
  }

  readonly report = (event: GatewayEvent): void => {
    if (event.type === "exchange-ended") {
      this.exchanges.add(event.record);
      this.#accounting.add(event.record);
    }
    if (event.type === "verdict-revised") this.exchanges.revise(event.id, event);
    this.metrics.observe(event);
    this.#log(event);
    this.#options.report(event);
    this.#revisions.hear(event);
  };

  readonly #onBug = (bug: unknown): void => {
    this.report({ type: "warning", message: `bug: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}` });
  };
}

function idleLimitsOf({ exchange: { limits, timeouts } }: Config): IdleSocketsLimits {
  return { max: limits.idleSockets, maxPerRoute: limits.idleSocketsPerRoute, idleMs: timeouts.idleSocket };
}
