import { isIP } from "node:net";

/** `/etc/hosts`: addresses by lower-case name, in the file's order (hosts(5)). */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>();
  for (const [address, ...names] of fieldsByLine(text)) {
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = addresses.get(key);
      if (known === undefined) addresses.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return addresses;
}

/** What of `/etc/resolv.conf` changes which names are asked for (resolv.conf(5)). The name servers are c-ares' own affair. */
export interface SearchRules {
  /** Domains to try behind a short name. */
  readonly search: readonly string[];
  /** A name with fewer dots is short. */
  readonly ndots: number;
}

const SEARCH_MAX = 6;
const NDOTS_MAX = 15;

/** The last `search` or `domain` line counts. */
export function parseSearchRules(text: string): SearchRules {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const [keyword, ...values] of fieldsByLine(text)) {
    if (keyword === "search") search = values.slice(0, SEARCH_MAX).map(withoutDots).filter(Boolean);
    else if (keyword === "domain") search = values.slice(0, 1).map(withoutDots).filter(Boolean);
    else if (keyword === "options") ndots = readNdots(values) ?? ndots;
  }
  return { search, ndots };
}

/**
 * The names to ask for, in order: a short one with each search domain and then as it is, any other as it is. A name without a dot is
 * tried with the domains at least after it failed as it is. Unlike glibc, no domain is tried behind a name that is complete.
 */
export function candidateNames(name: string, { search, ndots }: SearchRules): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const dots = name.split(".").length - 1;
  const extended = search.map((domain) => `${name}.${domain}`);
  if (dots < ndots) return [...extended, name];
  return dots === 0 ? [name, ...extended] : [name];
}

function readNdots(options: readonly string[]): number | null {
  const given = options.find((option) => option.startsWith("ndots:"))?.slice("ndots:".length);
  return given !== undefined && /^\d+$/.test(given) ? Math.min(Number(given), NDOTS_MAX) : null;
}

function withoutDots(domain: string): string {
  return domain.replace(/^\.+|\.+$/g, "").toLowerCase();
}

function* fieldsByLine(text: string): Generator<string[]> {
  for (const line of text.split("\n")) {
    const content = line.replace(/[#;].*/s, "").trim();
    if (content !== "") yield content.split(/\s+/);
  }
}
