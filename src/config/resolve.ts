import type { Pacing, TierSettings } from "../core/pool-settings.ts";
import type { ExitScheme } from "../core/route.ts";
import type { AdminSettings, Config, DirectMode, ExchangeSettings, Limits } from "../core/settings.ts";
import { bypassMatcher } from "../wire/bypass-list.ts";
import { isLoopback } from "../wire/loopback.ts";
import { parseListenAddress } from "./address.ts";
import { resolveCheck } from "./check.ts";
import type { ConfigPath } from "./config-error.ts";
import { DEFAULT_ADMIN, DEFAULTS, deepFreeze, defaultConfig } from "./defaults.ts";
import { resolveSources } from "./exits.ts";
import type { ConfigFile, PacingItem } from "./file.ts";
import { resolveListeners } from "./listeners.ts";
import { readPem } from "./pem.ts";
import type { ResolveContext } from "./resolve-context.ts";
import { resolveRules } from "./rules.ts";

/** What the command line lays over the file. Null and empty: not given. */
export interface ConfigFlags {
  readonly listen: readonly string[];
  /** Exit lists, instead of the file's. */
  readonly exits: readonly string[];
  readonly scheme: ExitScheme | null;
  /** Go direct: always where there is no exit, else as the last resort. */
  readonly direct: boolean;
  readonly admin: string | null;
  readonly log: "text" | "json" | null;
}

export const NO_FLAGS: ConfigFlags = { listen: [], exits: [], scheme: null, direct: false, admin: null, log: null };

/** Lays flags over file over defaults, and checks what the values mean. */
export function resolveConfig(file: ConfigFile, flags: ConfigFlags, context: ResolveContext): Config {
  const sources = resolveSources(file.exits ?? [], flags.exits, { ...context, scheme: flags.scheme ?? "http" });
  const listeners = resolveListeners(file, flags.listen, context);
  const admin = resolveAdmin(file.admin, flags.admin, context);
  const direct: DirectMode = flags.direct ? (sources.length === 0 ? "only" : "fallback") : (file.direct ?? DEFAULTS.direct);
  const check = resolveCheck(file.check, context);
  const config: Config = {
    listeners,
    admin,
    sources,
    prices: lowerKeys(file.prices ?? defaultConfig().prices),
    check,
    exchange: {
      ...resolveExchange(file, check !== null),
      rules: resolveRules(file.rules, context),
      direct,
      bypass: resolveBypass(file.bypass, context),
      ca: resolveAuthorities(file.ca, context),
    },
    log: { format: flags.log ?? file.log?.format ?? defaultConfig().log.format },
  };
  return deepFreeze(config);
}

function resolveExchange(file: ConfigFile, checked: boolean): ExchangeSettings {
  return {
    ...DEFAULTS,
    name: file.name ?? DEFAULTS.name,
    attempts: { ...DEFAULTS.attempts, ...file.attempts },
    pool: { ...DEFAULTS.pool, ...file.pool, checked, tiers: resolveTiers(file.tiers ?? {}) },
    pacing: resolvePacing(file.pacing ?? {}),
    hedge: { ...DEFAULTS.hedge, ...file.hedge },
    timeouts: { ...DEFAULTS.timeouts, ...file.timeouts },
    limits: resolveLimits(file.limits ?? {}),
    tolerances: { ...DEFAULTS.tolerances, ...file.tolerances },
    proxyStatus: file.proxyStatus ?? DEFAULTS.proxyStatus,
    via: file.via ?? DEFAULTS.via,
    keepQuery: file.log?.query === undefined ? DEFAULTS.keepQuery : file.log.query === "keep",
    targets: { ...DEFAULTS.targets, ...file.targets },
    circuit: { ...DEFAULTS.circuit, ...file.circuit },
    firstFlightReplay: file.firstFlightReplay ?? DEFAULTS.firstFlightReplay,
  };
}

/** Tags ignore case, and `-` and a space are `_` to them: so do these names. */
function resolveTiers(given: NonNullable<ConfigFile["tiers"]>): TierSettings {
  const { tiers } = DEFAULTS.pool;
  const settings: Partial<TierSettings> = "length" in given ? { order: given } : given;
  return { ...tiers, ...settings, order: (settings.order ?? tiers.order).map(tagWord) };
}

function lowerKeys(prices: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(prices).map(([tier, price]) => [tagWord(tier), price]));
}

function tagWord(text: string): string {
  return text.trim().toLowerCase().replace(/[- ]/g, "_");
}

function resolvePacing(given: PacingItem): Pacing {
  const { perExit, perTarget, perExitAndTarget } = DEFAULTS.pacing;
  return {
    ...DEFAULTS.pacing,
    ...given,
    perExit: { ...perExit, ...given.perExit },
    perTarget: { ...perTarget, ...given.perTarget },
    perExitAndTarget: { ...perExitAndTarget, ...given.perExitAndTarget },
  };
}

// The file has one flat section, since a reader looks for a limit by its name.
function resolveLimits(given: NonNullable<ConfigFile["limits"]>): Limits {
  const { message, ...others } = DEFAULTS.limits;
  const pick = <T extends object>(defaults: T): T =>
    Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, given[key as keyof typeof given] ?? value])) as T;
  return { ...pick(others), message: pick(message) };
}

function resolveAdmin(given: ConfigFile["admin"], flag: string | null, { problems }: ResolveContext): AdminSettings | null {
  const address = flag ?? (typeof given === "string" ? given : given?.address) ?? null;
  if (address === "off") return null;
  const token = typeof given === "object" ? (given.token ?? null) : DEFAULT_ADMIN.token;
  const place = address === null ? DEFAULT_ADMIN : parseListenAddress(address);
  const path: ConfigPath | null = flag === null ? ["admin"] : null;
  if ("problem" in place) {
    problems.push({ path, message: flag === null ? place.problem : `--admin: ${place.problem}` });
    return null;
  }
  const { host, port } = place;
  if (!isLoopback(host) && token === null) {
    problems.push({
      path,
      message: `${address} is not on loopback and needs a token: admin: { address: "${address}", token: \${ADMIN_TOKEN} }`,
    });
  }
  return { host, port, token };
}

function resolveBypass(given: ConfigFile["bypass"], { problems }: ResolveContext): readonly string[] {
  for (const [i, entry] of (given ?? []).entries()) {
    try {
      bypassMatcher([entry]);
    } catch (error) {
      problems.push({ path: ["bypass", i], message: (error as Error).message });
    }
  }
  return given ?? DEFAULTS.bypass;
}

function resolveAuthorities(given: ConfigFile["ca"], context: ResolveContext): readonly string[] | null {
  if (given === undefined) return DEFAULTS.ca;
  const paths = typeof given === "string" ? [given] : given;
  return paths.map((path, i) => readPem(path, typeof given === "string" ? ["ca"] : ["ca", i], context));
}
