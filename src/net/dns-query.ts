import { Resolver as CaresResolver } from "node:dns/promises";
import type { Clock } from "../core/clock.ts";

/** The end of one question. */
export interface Answer {
  readonly addresses: readonly string[];
  /** Why there are no addresses, as node:dns names it (`ENOTFOUND`, `ENODATA`, `ESERVFAIL`, `ETIMEOUT` ...); null if there are. */
  readonly code: string | null;
}

export type Family = 4 | 6;

/** Of one try at one server; c-ares doubles it for each further round. Two tries end within the default limit of a connect. */
const TRY_MS = 1_500;
const TRIES = 2;
const POSITIVE_TTL_MAX_S = 300;
/** The SOA, which has the true one (RFC 2308 section 5), is not to be had from c-ares. */
const NEGATIVE_TTL_S = 5;
const GETADDRINFO_TTL_S = 5;
const CACHE_MAX = 10_000;

export interface QuerySources {
  readonly clock: Pick<Clock, "now">;
  /** `host:port` of name servers; null: the system's. */
  readonly servers: readonly string[] | null;
  /** All addresses of a name; rejects with a code. */
  readonly getaddrinfo: (name: string) => Promise<readonly string[]>;
}

interface Entry {
  readonly answer: Promise<Answer>;
  /** On the clock; infinite while the question is under way. */
  expires: number;
}

/**
 * Questions to the system's name servers (by c-ares, which tells why there is no answer) and to getaddrinfo: each asked once for all
 * who wait for it, its answer kept for its TTL.
 */
export class DnsQueries {
  readonly #sources: QuerySources;
  readonly #entries = new Map<string, Entry>();
  #cares: CaresResolver | null = null;

  constructor(sources: QuerySources) {
    this.#sources = sources;
  }

  /** The A or AAAA records of a name as it stands. Never rejects. */
  ask(name: string, family: Family): Promise<Answer> {
    return this.#once(`${family} ${name}`, () => this.#askServers(name, family));
  }

  /** What the machine's other programs would get: with mDNS, NIS and whatever else it is set up for. Never rejects. */
  askSystem(name: string): Promise<Answer> {
    return this.#once(`system ${name}`, () => this.#askGetaddrinfo(name));
  }

  /** Takes the name servers anew: the system's list may have changed. */
  reset(): void {
    this.#cares = null;
  }

  #once(key: string, ask: () => Promise<Answer & { readonly ttlS: number }>): Promise<Answer> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#sources.clock.now() < known.expires) return known.answer;
    const asking = ask();
    const entry: Entry = { answer: asking, expires: Number.POSITIVE_INFINITY };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    void asking.then(({ ttlS }) => {
      entry.expires = this.#sources.clock.now() + ttlS * 1000;
      if (ttlS === 0 && this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= CACHE_MAX) break;
      this.#entries.delete(oldest);
    }
    return asking;
  }

  async #askServers(name: string, family: Family): Promise<Answer & { ttlS: number }> {
    const cares = (this.#cares ??= this.#open());
    try {
      const records = await (family === 4 ? cares.resolve4(name, { ttl: true }) : cares.resolve6(name, { ttl: true }));
      const addresses = records.map(({ address }) => address);
      const ttlS = Math.min(POSITIVE_TTL_MAX_S, ...records.map(({ ttl }) => ttl));
      return addresses.length === 0 ? absent("ENODATA") : { addresses, code: null, ttlS };
    } catch (error) {
      const code = codeOf(error);
      if (!isAbsence(code) && this.#cares === cares) this.reset();
      return absent(code);
    }
  }

  async #askGetaddrinfo(name: string): Promise<Answer & { ttlS: number }> {
    try {
      const addresses = await this.#sources.getaddrinfo(name);
      return { addresses: [...new Set(addresses)], code: null, ttlS: GETADDRINFO_TTL_S };
    } catch (error) {
      return absent(codeOf(error));
    }
  }

  #open(): CaresResolver {
    const cares = new CaresResolver({ timeout: TRY_MS, tries: TRIES });
    if (this.#sources.servers !== null) cares.setServers(this.#sources.servers);
    return cares;
  }
}

/** The servers have answered that there is nothing; every other code says that they have not answered. */
export function isAbsence(code: string | null): boolean {
  return code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME";
}

function absent(code: string): Answer & { ttlS: number } {
  return { addresses: [], code, ttlS: isAbsence(code) ? NEGATIVE_TTL_S : 0 };
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? "ESERVFAIL";
}
