import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { performance } from "node:perf_hooks";
import type { Clock } from "../core/clock.ts";
import type { Interruption } from "../core/ledger.ts";
import { type Answer, DnsQueries, isAbsence, type QuerySources } from "./dns-query.ts";
import { SystemFile } from "./system-file.ts";
import { candidateNames, parseHosts, parseSearchRules } from "./system-names.ts";

export type Resolution =
  /** At least one IP address; IPv6 and IPv4 in turn (RFC 8305 section 4). */
  | { readonly addresses: readonly string[] }
  /** `timeout`, or `errno` with a code of node:dns: what the servers said, or why they could not be asked. */
  | { readonly interruption: Interruption };

export interface Resolver {
  /** @param deadline on the clock that the resolver was made with */
  resolve(name: string, deadline: number): Promise<Resolution>;
}

/** Where names come from. */
export interface NameSources extends QuerySources {
  readonly hostsPath: string;
  readonly resolvConfPath: string;
}

/** Resolves as the machine's other programs do, but can tell why a name did not resolve. */
export function systemResolver(clock: Pick<Clock, "now"> = performance): Resolver {
  return nameResolver({ clock, hostsPath: HOSTS_PATH, resolvConfPath: "/etc/resolv.conf", servers: null, getaddrinfo });
}

/**
 * In this order, the first that knows the name decides:
 * 1. an IP address is itself; what ends in a number is no name (`127.1`, `0x7f000001`: getaddrinfo would take it for an address);
 * 2. the hosts file, then `localhost` and all below it is loopback; `.invalid` and `.onion` are nowhere (RFC 6761, RFC 7686);
 * 3. the name servers, A and AAAA at once, with the search domains that the system has for short names;
 * 4. getaddrinfo, where the servers do not know a name without a dot or below `.local`, or cannot be reached: mDNS, LLMNR and the like.
 */
export function nameResolver(sources: NameSources): Resolver {
  return new NameResolver(sources);
}

const HOSTS_PATH = process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
const LOOPBACK = ["::1", "127.0.0.1"];
/** How long the AAAA answer is waited for once the A answer is there (RFC 8305 section 3, "Resolution Delay"). */
const RESOLUTION_DELAY_MS = 50;

async function getaddrinfo(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

class NameResolver implements Resolver {
  readonly #clock: Pick<Clock, "now">;
  readonly #hosts: SystemFile<ReturnType<typeof parseHosts>>;
  readonly #searchRules: SystemFile<ReturnType<typeof parseSearchRules>>;
  readonly #queries: DnsQueries;
  #rulesInForce: ReturnType<typeof parseSearchRules> | null = null;

  constructor(sources: NameSources) {
    const { clock, hostsPath, resolvConfPath } = sources;
    this.#clock = clock;
    this.#hosts = new SystemFile(hostsPath, parseHosts, clock);
    this.#searchRules = new SystemFile(resolvConfPath, parseSearchRules, clock);
    this.#queries = new DnsQueries(sources);
  }

  async resolve(name: string, deadline: number): Promise<Resolution> {
    const startedAt = this.#clock.now();
    const answer = await within(this.#find(name.toLowerCase()), deadline - startedAt);
    if (answer === null) return { interruption: { how: "timeout", afterMs: Math.round(this.#clock.now() - startedAt) } };
    return answer.code === null ? { addresses: answer.addresses } : { interruption: { how: "errno", code: answer.code } };
  }

  async #find(name: string): Promise<Answer> {
    if (isIP(name) !== 0) return found([name]);
    const bare = name.replace(/\.$/, "");
    const topLevel = bare.slice(bare.lastIndexOf(".") + 1);
    if (bare === "" || endsInNumber(topLevel)) return UNKNOWN;
    const inHosts = (await this.#hosts.read()).get(bare);
    if (inHosts !== undefined) return found(interleave(inHosts));
    if (topLevel === "localhost") return found(LOOPBACK);
    if (topLevel === "invalid" || topLevel === "onion") return UNKNOWN;
    const answer = await this.#askServers(name);
    const isLocal = bare === topLevel || topLevel === "local";
    if (answer.code === "ECONNREFUSED" || (isLocal && isAbsence(answer.code))) {
      const fromSystem = await this.#queries.askSystem(bare);
      if (fromSystem.code === null) return found(interleave(fromSystem.addresses));
    }
    return answer;
  }

  /** The first candidate that has addresses; else what the servers failed to answer, else that the name has no address, else that it does not exist. */
  async #askServers(name: string): Promise<Answer> {
    const rules = await this.#searchRules.read();
    if (rules !== this.#rulesInForce) this.#queries.reset();
    this.#rulesInForce = rules;
    let worst = UNKNOWN;
    for (const candidate of candidateNames(name, rules)) {
      const answer = await this.#askBothFamilies(candidate);
      if (answer.code === null) return answer;
      if (!isAbsence(answer.code) && answer.code !== "ESERVFAIL") return answer; // no server would answer for the next one either
      if (rank(answer) > rank(worst)) worst = answer;
    }
    return worst;
  }

  /** Waits for A whatever comes of AAAA, since IPv6 alone may lead nowhere, but for AAAA only if A has no address. */
  async #askBothFamilies(name: string): Promise<Answer> {
    const asking6 = this.#queries.ask(name, 6);
    const v4 = await this.#queries.ask(name, 4);
    const settled = v4.code === null || v4.code === "ENOTFOUND";
    const v6 = settled ? await within(asking6, RESOLUTION_DELAY_MS) : await asking6;
    const addresses = interleave([...(v6?.addresses ?? []), ...v4.addresses]);
    if (addresses.length > 0) return found(addresses);
    // NXDOMAIN is said of the whole name (RFC 8020), a missing record only of its family.
    return v6 !== null && v4.code === "ENODATA" ? v6 : v4;
  }
}

const UNKNOWN: Answer = { addresses: [], code: "ENOTFOUND" };

function found(addresses: readonly string[]): Answer {
  return { addresses, code: null };
}

function rank({ code }: Answer): number {
  if (code === "ENODATA") return 1;
  return isAbsence(code) ? 0 : 2;
}

/** WHATWG URL, "ends in a number": what inet_aton reads as an IPv4 address. No top-level domain is a number (RFC 3696 section 2). */
function endsInNumber(label: string): boolean {
  return /^(?:\d+|0x[\da-f]*)$/.test(label);
}

function interleave(addresses: readonly string[]): readonly string[] {
  const v6 = addresses.filter((address) => isIP(address) === 6);
  const v4 = addresses.filter((address) => isIP(address) === 4);
  return Array.from({ length: Math.max(v6.length, v4.length) }, (_, i) => [v6[i], v4[i]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Null where the answer is not there in time; it may still come, for the cache. */
function within(answer: Promise<Answer>, ms: number): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    // One turn of the event loop later, so that an answer that came while this process was busy counts.
    const timer = setTimeout(() => setImmediate(resolve, null), Math.max(ms, 0));
    answer.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
