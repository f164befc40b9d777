import { stringify } from "yaml";
import { formatHostPort } from "../core/address.ts";
import { formatDuration } from "../core/duration.ts";
import type { Pace, Pacing } from "../core/pool-settings.ts";
import type { Exit } from "../core/route.ts";
import type { CircuitRules, Config, ExchangeSettings, ExitSource, Hedging, ListenerSettings, User } from "../core/settings.ts";
import { formatExit } from "../wire/exit-line.ts";
import { checkToFile } from "./check.ts";
import { listenerParamsToFile } from "./listener-params.ts";
import { rulesToFile } from "./rules.ts";
import { HIDDEN, hideUrlSecrets } from "./secrets.ts";
import { formatSize } from "./sizes.ts";

/** The whole config as a YAML file, every default filled in. Secrets are hidden: passwords, tokens, query values of URLs. */
export function printConfig(config: Config): string {
  return stringify(configToFile(config), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The config in the shape of its file. */
export function configToFile(config: Config): Record<string, unknown> {
  const { exchange, listeners, admin, sources, log } = config;
  return {
    name: exchange.name,
    listen: listeners.map(listenerToFile),
    admin: admin === null ? "off" : { address: formatHostPort(admin), ...(admin.token === null ? {} : { token: HIDDEN }) },
    direct: exchange.direct,
    bypass: exchange.bypass,
    exits: sources.flatMap(sourceToFile),
    attempts: { ...exchange.attempts, replayBytes: formatSize(exchange.attempts.replayBytes) },
    rules: rulesToFile(exchange.rules),
    pool: { select: exchange.pool.select, floor: exchange.pool.floor },
    tiers: { ...exchange.pool.tiers, downAfter: formatDuration(exchange.pool.tiers.downAfter) },
    prices: config.prices,
    ...(config.check === null ? {} : { check: checkToFile(config.check) }),
    pacing: pacingToFile(exchange.pacing),
    hedge: hedgeToFile(exchange.hedge),
    timeouts: mapValues(exchange.timeouts, formatDuration),
    limits: limitsToFile(exchange.limits),
    tolerances: exchange.tolerances,
    targets: exchange.targets,
    circuit: circuitToFile(exchange.circuit),
    proxyStatus: exchange.proxyStatus,
    via: exchange.via,
    firstFlightReplay: exchange.firstFlightReplay,
    ...(exchange.ca === null ? {} : { ca: exchange.ca.map(tellPem) }),
    log: { format: log.format, query: exchange.keepQuery ? "keep" : "drop" },
  };
}

function listenerToFile(listener: ListenerSettings): Record<string, unknown> {
  const { tls, users, allow, allowPlaintextHttps } = listener;
  const asked = listenerParamsToFile(listener);
  return {
    address: formatHostPort(listener),
    ...(tls === null ? {} : { tls: { cert: tellPem(tls.cert), key: HIDDEN } }),
    ...(users.length === 0 ? {} : { users: Object.fromEntries(users.map(({ name }: User) => [name, HIDDEN])) }),
    ...(allow.length === 0 ? {} : { allow }),
    allowPlaintextHttps,
    ...(Object.keys(asked).length === 0 ? {} : { params: asked }),
  };
}

function sourceToFile(source: ExitSource): unknown[] {
  if (source.kind === "inline") return source.exits.map(tellExit);
  const { scheme, format, tags, replaceByEmpty } = source;
  if (source.kind === "file") return [{ file: source.path, scheme, format, tags, replaceByEmpty }];
  return [{ url: hideUrlSecrets(source.url), scheme, format, tags, refresh: formatDuration(source.refreshMs), replaceByEmpty }];
}

/** An exit's line without its passwords. */
function tellExit(exit: Exit): string {
  const tags = Object.entries(exit.tags).map(([key, value]) => `${key}=${value}`);
  const rest = [exit.rotating ? "rotating=true" : "", exit.weight === 1 ? "" : `weight=${exit.weight}`];
  const insecure = exit.hops.some((hop) => hop.insecure) ? "insecure=true" : "";
  return [formatExit(exit), `id=${exit.id}`, ...tags, ...rest, insecure].filter((word) => word !== "").join(" ");
}

function limitsToFile({ message, ...others }: ExchangeSettings["limits"]): Record<string, unknown> {
  const entries = Object.entries({ ...message, ...others });
  return Object.fromEntries(entries.map(([key, value]) => [key, key.endsWith("Bytes") ? formatSize(value) : value]));
}

function pacingToFile({ perExit, perTarget, perExitAndTarget, queue, wait }: Pacing): Record<string, unknown> {
  const tell = ({ concurrent, perSecond }: Pace) => ({ concurrent: concurrent ?? "off", perSecond: perSecond ?? "off" });
  return {
    perExit: tell(perExit),
    perTarget: tell(perTarget),
    perExitAndTarget: tell(perExitAndTarget),
    queue,
    wait: formatDuration(wait),
  };
}

function hedgeToFile({ after, maxShare }: Hedging): Record<string, unknown> {
  const told = after === null ? "off" : "ms" in after ? formatDuration(after.ms) : `p${Math.round(after.quantile * 100)}`;
  return { after: told, maxShare };
}

function circuitToFile({ failures, kins, window, probe, probeMax, control }: CircuitRules): Record<string, unknown> {
  return {
    failures,
    kins,
    window: formatDuration(window),
    probe: formatDuration(probe),
    probeMax: formatDuration(probeMax),
    control: typeof control === "string" ? control : control.tag,
  };
}

function tellPem(text: string): string {
  return `(PEM of ${text.length} bytes)`;
}

function mapValues<T extends object, V>(values: T, change: (value: number) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
