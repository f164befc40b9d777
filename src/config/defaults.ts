import type { ListFormat } from "../core/list-format.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Pace } from "../core/pool-settings.ts";
import type { CheckSettings, Config, ExchangeSettings, ListenerSettings } from "../core/settings.ts";
import { READY_RULES } from "./ready-rules.ts";

const KIB = 1024;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The address of a listener that is not told another: loopback, since an open proxy on a public address is found within hours. */
export const DEFAULT_LISTENER: ListenerSettings = {
  host: "127.0.0.1",
  port: 8502,
  tls: null,
  users: [],
  allow: [],
  allowPlaintextHttps: false,
  params: NO_PARAMS,
  session: null,
};

export const DEFAULT_ADMIN: { readonly host: string; readonly port: number; readonly token: null } = {
  host: "127.0.0.1",
  port: 8503,
  token: null,
};

/** How often an exit list is fetched again from its URL. Milliseconds. */
export const DEFAULT_REFRESH_MS: number = 5 * MINUTE;

/** How exits are checked, where the config says what to ask through them. */
export const DEFAULT_CHECK: Omit<CheckSettings, "judges" | "target"> = {
  every: 10 * MINUTE,
  honestyEvery: 6 * 60 * MINUTE,
  timeout: 10 * SECOND,
  concurrent: 128,
  share: 0.5,
  wait: 1 * SECOND,
};

/** Of the command `check`. */
export const DEFAULT_CHECK_COMMAND: {
  /** Milliseconds for finding out whether a proxy is alive. */
  readonly timeout: number;
  /** Requests that times are measured by. */
  readonly samples: number;
  /** That the throughput is measured with. */
  readonly throughputBytes: number;
  /** Checks at once: at the beginning, and at most. */
  readonly concurrent: number;
  readonly concurrentMax: number;
  /** Proxies that all ranges may stand for. */
  readonly ranges: number;
} = { timeout: 10 * SECOND, samples: 3, throughputBytes: 1024 * KIB, concurrent: 512, concurrentMax: 4096, ranges: 65_536 };

/** How exit lists are written. */
export const DEFAULT_FORMAT: ListFormat = "auto";

/** Whether an empty exit list takes the place of a good one: more often a mistake than a wish. */
export const DEFAULT_REPLACE_BY_EMPTY = false;

const UNLIMITED: Pace = { concurrent: null, perSecond: null };

/** The default of every key of the config, and the only place that has one. */
export const DEFAULTS: ExchangeSettings = {
  name: "goodgateway",
  attempts: { max: 4, exits: 16, replayBytes: 64 * KIB, budget: 0.2, budgetFloor: 20 },
  rules: READY_RULES,
  pool: { select: "p2c", floor: 0.1, checked: false, tiers: { order: [], upAfter: 3, downAfter: 10 * MINUTE } },
  pacing: { perExit: UNLIMITED, perTarget: UNLIMITED, perExitAndTarget: UNLIMITED, queue: 1000, wait: 10 * SECOND },
  hedge: { after: null, maxShare: 0.05 },
  timeouts: {
    connect: 5 * SECOND,
    handshake: 10 * SECOND,
    tls: 10 * SECOND,
    head: 30 * SECOND,
    bodyIdle: 60 * SECOND,
    tunnelIdle: 5 * MINUTE,
    total: 60 * SECOND,
    evidence: 1 * SECOND,
    tunnelHalfClosed: 30 * SECOND,
    clientGone: 2 * SECOND,
    clientHead: 30 * SECOND,
    clientIdle: 60 * SECOND,
    drain: 10 * SECOND,
    // Below the 5 s of many servers (Node, Apache), so that we close before they do: see head.keepalive_race.
    idleSocket: 4 * SECOND,
  },
  limits: {
    message: {
      lineBytes: 16 * KIB,
      fieldBytes: 32 * KIB,
      headBytes: 64 * KIB,
      fields: 200,
      chunkExtensionBytes: 16 * KIB,
      trailerBytes: 16 * KIB,
      interimResponses: 20,
    },
    exchanges: 20_000,
    // All programs of one machine share an address, so this only stops one client from taking everything.
    exchangesPerClient: 10_000,
    connections: 20_000,
    idleSockets: 1024,
    idleSocketsPerRoute: 64,
  },
  tolerances: { bareLf: false, obsFold: true, spaceBeforeColon: true, repeatedLength: true, missingReason: true },
  direct: "never",
  bypass: [],
  proxyStatus: "failures",
  via: false,
  keepQuery: false,
  targets: { addresses: "auto", tunnelPorts: [], remoteDns: "check" },
  circuit: { failures: 4, kins: 2, window: 30 * SECOND, probe: 1 * SECOND, probeMax: 30 * SECOND, control: "never" },
  firstFlightReplay: true,
  ca: null,
};

/** The config of an empty file: one listener and the admin listener on loopback, no exit. */
export function defaultConfig(): Config {
  return deepFreeze({
    listeners: [DEFAULT_LISTENER],
    admin: DEFAULT_ADMIN,
    sources: [],
    prices: {},
    check: null,
    exchange: DEFAULTS,
    log: { format: "text" },
  });
}

/** Freezes a plain value with all that it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
