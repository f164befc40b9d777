import { isIP } from "node:net";
import { type ConfigReading, type Finding, readTime, type Setting, type Wait } from "./setting.ts";

/** What in an HAProxy config leads to 502s and 503s, and how long it waits for its backends. */
export function readHaproxy(settings: readonly Setting[]): ConfigReading {
  const sections = sectionsOf(settings);
  const findings = sections.flatMap((section) => [
    ...timeoutFindings(section),
    ...section.servers.flatMap(serverFindings),
    ...retryFindings(section),
  ]);
  return { findings, wait: waitOf(sections), keepsClients: keepsClients(settings) };
}

/** A section with servers, and the defaults that hold for it. */
interface Section {
  readonly setting: Setting;
  readonly defaults: readonly Setting[];
  readonly servers: readonly Setting[];
}

function sectionsOf(settings: readonly Setting[]): Section[] {
  let defaults: readonly Setting[] = [];
  const sections: Section[] = [];
  for (const setting of settings) {
    if (setting.name === "defaults") defaults = setting.inner;
    else if (setting.name === "backend" || setting.name === "listen") {
      sections.push({ setting, defaults, servers: setting.inner.filter(({ name }) => name === "server") });
    }
  }
  return sections;
}

function find({ setting, defaults }: Section, name: string, first?: string): Setting | null {
  for (const scope of [setting.inner, defaults]) {
    const found = scope.findLast((one) => one.name === name && (first === undefined || one.args[0]?.toLowerCase() === first));
    if (found !== undefined) return found;
  }
  return null;
}

function timeoutFindings(section: Section): Finding[] {
  if (section.servers.length === 0) return [];
  const { where, args } = section.setting;
  const missing = ["connect", "server"].filter((name) => find(section, "timeout", name) === null);
  return missing.map((name) => ({
    where,
    weight: "likely",
    what: `${args[0] ?? "this section"} has no timeout ${name}.`,
    why:
      name === "connect"
        ? "A backend that drops packets holds each request until the client gives up, and no other backend is tried."
        : "A backend that never answers holds its requests for ever: clients see their own timeout, and nobody says whose fault it was.",
    write: name === "connect" ? "timeout connect 5s" : "timeout server 60s",
  }));
}

function serverFindings(server: Setting): Finding[] {
  const { args, where } = server;
  const [name = "", address = "", ...options] = args;
  const host = address.replace(/:\d*$/, "").replace(/^(?:ipv4@|ipv6@)/, "");
  const findings: Finding[] = [];
  const add = (weight: Finding["weight"], what: string, why: string, more: string) =>
    findings.push({ where, weight, what, why, write: `server ${name} ${address} ${[...options, more].join(" ")}`.trim() });
  if (!options.includes("check") && !options.includes("track") && !options.includes("disabled")) {
    add(
      "risk",
      `server ${name} is not checked.`,
      "A backend that is down goes on getting its share of the requests: each of them waits, and ends in 503.",
      "check",
    );
  }
  if (options.includes("ssl") && !options.includes("sni") && isIP(host) === 0 && host !== "") {
    add(
      "likely",
      `server ${name} gets TLS without a server name.`,
      "Without sni a host with several certificates ends the handshake: 502 or 503, and L6RSP in the log.",
      `sni str(${host})`,
    );
  }
  if (isName(host) && !options.includes("resolvers")) {
    add(
      "risk",
      `server ${name} is the name ${host}.`,
      "It is resolved once, when HAProxy starts: after its address has changed all requests go to the old one.",
      "resolvers mydns init-addr last,libc,none",
    );
  }
  return findings;
}

function isName(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, "")) === 0 && /^[a-z][\w.-]*$/i.test(host) && !host.startsWith("unix@") && !host.startsWith("abns@");
}

const REPEATS = ["all-retryable-errors", "empty-response", "junk-response", "response-timeout"];

function retryFindings(section: Section): Finding[] {
  const retry = find(section, "retry-on");
  const isGuarded = [...section.setting.inner, ...section.defaults].some(
    ({ name, args }) => name === "http-request" && args[0] === "disable-l7-retry",
  );
  const risky = retry?.args.find((word) => REPEATS.includes(word));
  if (retry === null || risky === undefined || isGuarded) return [];
  return [
    {
      where: retry.where,
      weight: "risk",
      what: `retry-on ${risky} holds for every method.`,
      why: "A POST whose answer got lost is sent again: it may be done twice.",
      write: "http-request disable-l7-retry if METH_POST",
    },
  ];
}

function waitOf(sections: readonly Section[]): Wait | null {
  const waits = sections.flatMap((section): Wait[] => {
    const timeout = find(section, "timeout", "server");
    const ms = timeout === null ? null : readTime(timeout.args.slice(1), "ms");
    return timeout === null || ms === null || section.servers.length === 0
      ? []
      : [{ where: timeout.where, name: "HAProxy timeout server", ms }];
  });
  return waits.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
}

/** What ends an idle connection of a client, the first of them that is set. */
const CLIENT_TIMEOUTS = ["http-keep-alive", "http-request", "client"];

/** The shortest that a frontend has. */
function keepsClients(settings: readonly Setting[]): Wait | null {
  let defaults: readonly Setting[] = [];
  const waits: Wait[] = [];
  for (const { name, inner } of settings) {
    if (name === "defaults") defaults = inner;
    if (name !== "frontend" && name !== "listen") continue;
    const set = CLIENT_TIMEOUTS.map((kind) => timeoutIn(inner, kind) ?? timeoutIn(defaults, kind)).find((one) => one !== null);
    const ms = set === undefined ? null : readTime(set.args.slice(1), "ms");
    if (set !== undefined && ms !== null) waits.push({ where: set.where, name: `HAProxy timeout ${set.args[0]}`, ms });
  }
  return waits.toSorted((a, b) => a.ms - b.ms)[0] ?? null;
}

function timeoutIn(block: readonly Setting[], kind: string): Setting | null {
  return block.findLast(({ name, args }) => name === "timeout" && args[0]?.toLowerCase() === kind) ?? null;
}
