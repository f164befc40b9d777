import { type ConfigReading, type Finding, readTime, type Setting } from "./setting.ts";

/** Squid's defaults. Milliseconds. */
const READ_TIMEOUT_MS = 15 * 60_000;
const FORWARD_TIMEOUT_MS = 4 * 60_000;
const CONNECT_TIMEOUT_MS = 60_000;
/** A name may lead to a dead address for so long without anybody wondering. Milliseconds. */
const DNS_TTL_MS = 6 * 3_600_000;

/** What in a Squid config leads to 502s and 503s, and how long it waits. */
export function readSquid(settings: readonly Setting[]): ConfigReading {
  const last = (name: string) => settings.findLast((setting) => setting.name === name) ?? null;
  const time = (name: string) => readTime(last(name)?.args ?? [], "s");
  const where = settings[0]?.where ?? { file: "", line: 1 };
  const findings = [...settings.filter(({ name }) => name === "cache_peer").flatMap((peer) => peerFindings(peer, settings))];
  const connect = time("connect_timeout") ?? CONNECT_TIMEOUT_MS;
  const forward = time("forward_timeout") ?? FORWARD_TIMEOUT_MS;
  if (connect >= forward) {
    findings.push({
      where: (last("connect_timeout") ?? last("forward_timeout"))?.where ?? where,
      weight: "likely",
      what: "connect_timeout is not shorter than forward_timeout.",
      why: "The first address that drops packets uses up all the time: no other address and no other peer is tried.",
      write: "connect_timeout 10 seconds",
    });
  }
  const ttl = last("positive_dns_ttl");
  if (ttl !== null && (time("positive_dns_ttl") ?? 0) > DNS_TTL_MS) {
    const why = "A name whose address has changed leads to the old one for that long: ERR_CONNECT_FAIL for a site that is up.";
    findings.push({
      where: ttl.where,
      weight: "risk",
      what: `positive_dns_ttl is ${ttl.args.join(" ")}.`,
      why,
      write: "positive_dns_ttl 1 hour",
    });
  }
  const read = last("read_timeout");
  return {
    findings,
    wait: {
      where: read?.where ?? where,
      name: `Squid read_timeout${read === null ? " (default)" : ""}`,
      ms: time("read_timeout") ?? READ_TIMEOUT_MS,
    },
  };
}

function peerFindings(peer: Setting, settings: readonly Setting[]): Finding[] {
  const [host = "", kind = "", , , ...options] = peer.args;
  const findings: Finding[] = [];
  if (kind.toLowerCase() !== "parent") return findings;
  if (!settings.some(({ name, args }) => name === "never_direct" && args[0] === "allow")) {
    const why =
      "Where the peer fails, Squid goes to the site directly: it answers to another address, or nothing answers at all, and the log blames the site.";
    findings.push({ where: peer.where, weight: "risk", what: `The peer ${host} may be passed by.`, why, write: "never_direct allow all" });
  }
  const login = options.find((option) => option.startsWith("login="));
  if (
    login !== undefined &&
    !/^login=(?:PASS|PASSTHRU|NEGOTIATE)/i.test(login) &&
    !options.some((option) => /^(?:tls|ssl)$/.test(option))
  ) {
    const why = "User and password go to the peer in clear text; whoever sees them uses up its quota, and its answers become 407 and 402.";
    findings.push({
      where: peer.where,
      weight: "risk",
      what: `The peer ${host} gets its login without TLS.`,
      why,
      write: `cache_peer ${host} parent … tls login=…`,
    });
  }
  return findings;
}
