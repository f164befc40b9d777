import type { AttemptRecord, ExchangeRecord } from "../core/ledger.ts";
import type { Exit } from "../core/route.ts";
import { normalize } from "./exit-filter.ts";
import { DIRECT_TIER } from "./tiers.ts";

/** What attempts came to. */
export interface Spent {
  /** Attempts that went this way, failed ones included. */
  requests: number;
  /** Bytes over the connections that attempts were made on. */
  bytesIn: number;
  bytesOut: number;
  /** In the currency of the prices. */
  cost: number;
}

/** The same, of one tier of one provider. `none`: exits that name none. */
interface KindSpent extends Readonly<Spent> {
  readonly tier: string;
  readonly provider: string;
}

/** What was spent since the start. */
export interface Usage {
  readonly total: Readonly<Spent>;
  readonly tiers: readonly (Readonly<Spent> & { readonly tier: string })[];
  readonly providers: readonly (Readonly<Spent> & { readonly provider: string })[];
  /** Those with most bytes, and all others together; null: there are no others. */
  readonly exits: readonly (Readonly<Spent> & { readonly exit: string })[];
  readonly otherExits: Readonly<Spent> | null;
  readonly targets: readonly (Readonly<Spent> & { readonly target: string })[];
  readonly otherTargets: Readonly<Spent> | null;
}

interface Kind extends Spent {
  readonly tier: string;
  readonly provider: string;
}

interface ExitAccount extends Spent {
  kind: Kind;
  perByte: number;
  /** Of the exits and prices that `kind` and `perByte` were read from. */
  edition: number;
}

const BYTES_PER_GIB = 1024 ** 3;
/** Accounts of exits and of targets; of more, the smallest of the oldest few is added to the others. */
const EXITS_MAX = 100_000;
const TARGETS_MAX = 10_000;
const LOOKED_AT = 8;
/** Pairs of a tier and a provider. Each is a series of the metrics. */
const KINDS_MAX = 200;
const NONE = "none";
const OTHER = "other";

/**
 * Counts what goes over each exit, tier, provider and towards each target. Fed once for each exchange that ends: a few additions an attempt,
 * and no text.
 */
export class Accounting {
  readonly #find: (exit: string) => Pick<Exit, "tags"> | null;
  #prices: Readonly<Record<string, number>>;
  #edition = 0;
  readonly #kinds = new Map<string, Kind>();
  readonly #exits: Accounts<ExitAccount>;
  readonly #targets: Accounts<Spent>;
  readonly #direct: ExitAccount;

  /** @param find an exit of the pool by its id. */
  constructor(
    find: (exit: string) => Pick<Exit, "tags"> | null,
    prices: Readonly<Record<string, number>>,
    limits: { readonly exits: number; readonly targets: number } = { exits: EXITS_MAX, targets: TARGETS_MAX },
  ) {
    this.#find = find;
    this.#prices = prices;
    this.#exits = new Accounts(limits.exits);
    this.#targets = new Accounts(limits.targets);
    this.#direct = { ...nothing(), kind: this.#kindOf(DIRECT_TIER, NONE), perByte: 0, edition: 0 };
  }

  /** Exits or prices have changed; what was spent so far stays as it was counted. */
  renew(prices: Readonly<Record<string, number>>): void {
    this.#prices = prices;
    this.#edition++;
  }

  add({ attempts }: ExchangeRecord): void {
    for (const attempt of attempts) this.#addAttempt(attempt);
  }

  /** What was spent, with so many exits and targets by name. */
  usage(limit: number): Usage {
    const total = nothing();
    for (const kind of this.#kinds.values()) merge(total, kind);
    const exits = this.#exits.largest(limit);
    const targets = this.#targets.largest(limit);
    return {
      total: told(total),
      tiers: this.#sumBy("tier").map(([tier, spent]) => ({ tier, ...told(spent) })),
      providers: this.#sumBy("provider").map(([provider, spent]) => ({ provider, ...told(spent) })),
      exits: exits.named.map(([exit, spent]) => ({ exit, ...told(spent) })),
      otherExits: exits.others === null ? null : told(exits.others),
      targets: targets.named.map(([target, spent]) => ({ target, ...told(spent) })),
      otherTargets: targets.others === null ? null : told(targets.others),
    };
  }

  /** By tier and provider, for metrics. */
  kinds(): Iterable<KindSpent> {
    return this.#kinds.values();
  }

  #addAttempt({ exit, route, bytesIn, bytesOut }: AttemptRecord): void {
    const account = exit === null ? this.#direct : this.#accountOf(exit);
    const cost = (bytesIn + bytesOut) * account.perByte;
    count(account, bytesIn, bytesOut, cost);
    count(account.kind, bytesIn, bytesOut, cost);
    const target = route[route.length - 1] as string;
    count(this.#targets.get(target) ?? this.#targets.open(target, nothing()), bytesIn, bytesOut, cost);
  }

  #accountOf(id: string): ExitAccount {
    const known = this.#exits.get(id);
    if (known !== undefined && known.edition === this.#edition) return known;
    const exit = this.#find(id);
    if (known !== undefined && exit === null) return known; // it has left the pool, and ends as what it was
    const tier = exit?.tags["tier"] ?? NONE;
    const kind = this.#kindOf(tier, exit?.tags["provider"] ?? NONE);
    const perByte = this.#priceOf(exit?.tags["price"], tier) / BYTES_PER_GIB;
    if (known === undefined) return this.#exits.open(id, { ...nothing(), kind, perByte, edition: this.#edition });
    Object.assign(known, { kind, perByte, edition: this.#edition });
    return known;
  }

  #kindOf(tier: string, provider: string): Kind {
    const key = `${tier}\n${provider}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    if (this.#kinds.size >= KINDS_MAX && tier !== OTHER) return this.#kindOf(OTHER, OTHER);
    const kind: Kind = { tier, provider, ...nothing() };
    this.#kinds.set(key, kind);
    return kind;
  }

  #priceOf(tag: string | undefined, tier: string): number {
    const own = tag === undefined ? Number.NaN : Number(tag);
    const name = normalize(tier);
    if (own >= 0 && Number.isFinite(own)) return own;
    return Object.hasOwn(this.#prices, name) ? (this.#prices[name] as number) : 0;
  }

  #sumBy(name: "tier" | "provider"): [string, Spent][] {
    const sums = new Map<string, Spent>();
    for (const kind of this.#kinds.values()) {
      if (kind.requests === 0) continue;
      const sum = sums.get(kind[name]) ?? nothing();
      merge(sum, kind);
      sums.set(kind[name], sum);
    }
    return [...sums];
  }
}

/** So many accounts by name, and one for all that had to give way. */
class Accounts<S extends Spent> {
  /** Oldest first. */
  readonly #byName = new Map<string, S>();
  readonly #max: number;
  #others: Spent | null = null;

  constructor(max: number) {
    this.#max = max;
  }

  get(name: string): S | undefined {
    return this.#byName.get(name);
  }

  open(name: string, account: S): S {
    if (this.#byName.size >= this.#max) this.#closeOne();
    this.#byName.set(name, account);
    return account;
  }

  /** Those with most bytes, in that order. One look at each. */
  largest(limit: number): { named: readonly (readonly [string, S])[]; others: Spent | null } {
    let named: (readonly [string, S])[] = [];
    let others = this.#others === null ? null : { ...this.#others };
    let least = -1;
    const prune = () => {
      named.sort(([, a], [, b]) => bytesOf(b) - bytesOf(a));
      for (const [, spent] of named.slice(limit)) others = merge(others ?? nothing(), spent);
      named = named.slice(0, limit);
      least = bytesOf((named.at(-1) as readonly [string, S])[1]);
    };
    for (const entry of this.#byName) {
      if (bytesOf(entry[1]) <= least) others = merge(others ?? nothing(), entry[1]);
      else named.push(entry);
      if (named.length >= 2 * limit + LOOKED_AT) prune();
    }
    if (named.length > 0) prune();
    return { named, others };
  }

  /** Of the oldest few the smallest; the others count as new again. */
  #closeOne(): void {
    const few: [string, S][] = [];
    for (const entry of this.#byName) {
      few.push(entry);
      if (few.length === LOOKED_AT) break;
    }
    few.sort(([, a], [, b]) => bytesOf(a) - bytesOf(b));
    for (const [index, [name, account]] of few.entries()) {
      this.#byName.delete(name);
      if (index === 0) this.#others = merge(this.#others ?? nothing(), account);
      else this.#byName.set(name, account);
    }
  }
}

function nothing(): Spent {
  return { requests: 0, bytesIn: 0, bytesOut: 0, cost: 0 };
}

function count(spent: Spent, bytesIn: number, bytesOut: number, cost: number): void {
  spent.requests += 1;
  spent.bytesIn += bytesIn;
  spent.bytesOut += bytesOut;
  spent.cost += cost;
}

function merge(into: Spent, { requests, bytesIn, bytesOut, cost }: Spent): Spent {
  into.requests += requests;
  into.bytesIn += bytesIn;
  into.bytesOut += bytesOut;
  into.cost += cost;
  return into;
}

function bytesOf({ bytesIn, bytesOut }: Spent): number {
  return bytesIn + bytesOut;
}

/** To the millionth: a request of a few bytes costs less than a cent. */
function told({ requests, bytesIn, bytesOut, cost }: Spent): Spent {
  return { requests, bytesIn, bytesOut, cost: Math.round(cost * 1e6) / 1e6 };
}
