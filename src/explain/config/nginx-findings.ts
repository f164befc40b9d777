import { isIP } from "node:net";
import { type ConfigReading, type Finding, lookUp, readTime, type Setting, type Wait } from "./setting.ts";

type Scopes = readonly (readonly Setting[])[];

/** What in an nginx config leads to 502s, and how long it waits for its backends. */
export function readNginx(settings: readonly Setting[]): ConfigReading {
  const upstreams = new Map(all(settings, "upstream").map((setting) => [setting.args[0] ?? "", setting]));
  const passes = passesOf(settings, [settings]);
  const findings = [
    ...passes.flatMap((pass) => [
      ...tlsFindings(pass),
      ...nameFindings(pass, upstreams),
      ...keepAliveFindings(pass, upstreams),
      ...retryFindings(pass),
      ...bufferFindings(pass),
    ]),
    ...[...upstreams.values()].flatMap(upstreamFindings),
  ];
  return {
    findings: unique(findings),
    wait: waitOf(passes),
    keepsClients: keepsClients(settings),
    keepsBackends: keepsBackends(upstreams),
  };
}

/** A `proxy_pass` with all blocks around it, the outermost first. */
interface Pass {
  readonly setting: Setting;
  readonly scopes: Scopes;
  readonly url: { readonly scheme: string; readonly host: string; readonly port: string } | null;
}

function passesOf(block: readonly Setting[], scopes: Scopes): Pass[] {
  return block.flatMap((setting) => {
    if (setting.name === "proxy_pass") return [{ setting, scopes, url: readPass(setting.args[0] ?? "") }];
    return setting.inner.length === 0 ? [] : passesOf(setting.inner, [...scopes, setting.inner]);
  });
}

function readPass(text: string): Pass["url"] {
  const [, scheme = "", host = "", port = ""] = /^(https?):\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?/i.exec(text) ?? [];
  return scheme === "" ? null : { scheme: scheme.toLowerCase(), host, port };
}

function tlsFindings({ setting, scopes, url }: Pass): Finding[] {
  if (url?.scheme !== "https" || isIP(url.host) !== 0 || lookUp(scopes, "proxy_ssl_server_name")?.args[0] === "on") return [];
  return [
    {
      where: setting.where,
      weight: "likely",
      what: `proxy_pass to https://${url.host} without proxy_ssl_server_name.`,
      why: "nginx sends no server name (SNI) by default: a host with several certificates answers with alert 112 or 40, which clients see as 502.",
      write: "proxy_ssl_server_name on;",
    },
  ];
}

function nameFindings({ setting, scopes, url }: Pass, upstreams: ReadonlyMap<string, Setting>): Finding[] {
  if (url === null || upstreams.has(url.host) || isIP(url.host.replace(/^\[|\]$/g, "")) !== 0) return [];
  const { where } = setting;
  if (url.host.includes("$")) {
    if (lookUp(scopes, "resolver") !== null) return [];
    const why =
      "A name in a variable is resolved while nginx runs: without a resolver each request is a 502 with 'no resolver defined to resolve'.";
    return [
      { where, weight: "likely", what: `proxy_pass to ${url.host} without a resolver.`, why, write: "resolver 127.0.0.53 valid=10s;" },
    ];
  }
  if (url.host === "localhost") {
    const why = "localhost is ::1 as well as 127.0.0.1: an application that listens on one of them alone refuses every other request.";
    return [
      {
        where,
        weight: "risk",
        what: "proxy_pass to localhost.",
        why,
        write: `proxy_pass ${url.scheme}://127.0.0.1${url.port === "" ? "" : `:${url.port}`};`,
      },
    ];
  }
  const why =
    "The name is resolved once, when nginx starts: after the address has changed every request goes to the old one until a reload.";
  return [
    {
      where,
      weight: "risk",
      what: `proxy_pass to the name ${url.host}.`,
      why,
      write: `resolver 127.0.0.53 valid=10s; set $backend ${url.host}; proxy_pass ${url.scheme}://$backend${url.port === "" ? "" : `:${url.port}`};`,
    },
  ];
}

function keepAliveFindings({ setting, scopes, url }: Pass, upstreams: ReadonlyMap<string, Setting>): Finding[] {
  const upstream = url === null ? undefined : upstreams.get(url.host);
  const keepalive = upstream?.inner.find(({ name }) => name === "keepalive");
  if (keepalive === undefined) return [];
  const isNewer = lookUp(scopes, "proxy_http_version")?.args[0] === "1.1";
  const clears = scopes.flat().some(({ name, args }) => name === "proxy_set_header" && args[0]?.toLowerCase() === "connection");
  if (isNewer && clears) return [];
  return [
    {
      where: setting.where,
      weight: "risk",
      what: `The upstream ${url?.host} has keepalive, but this proxy_pass ${isNewer ? "sends Connection: close" : "speaks HTTP/1.0"}.`,
      why: "Before nginx 1.29.7 no connection is kept then: each request opens one, until the local ports are used up (99: Cannot assign requested address).",
      write: 'proxy_http_version 1.1; proxy_set_header Connection "";',
    },
  ];
}

function retryFindings({ scopes }: Pass): Finding[] {
  const next = lookUp(scopes, "proxy_next_upstream");
  if (next === null || !next.args.includes("non_idempotent")) return [];
  const why = "A POST whose answer got lost is sent again to another backend: it may be done twice.";
  return [
    {
      where: next.where,
      weight: "risk",
      what: "proxy_next_upstream has non_idempotent.",
      why,
      write: `proxy_next_upstream ${next.args.filter((word) => word !== "non_idempotent").join(" ")};`,
    },
  ];
}

const BUFFER_BYTES_MIN = 8 * 1024;

function bufferFindings({ scopes }: Pass): Finding[] {
  const buffer = lookUp(scopes, "proxy_buffer_size");
  const [, count = "", unit = ""] = /^(\d+)([km]?)$/i.exec(buffer?.args[0] ?? "") ?? [];
  const bytes = Number(count) * (unit.toLowerCase() === "m" ? 1024 * 1024 : unit === "" ? 1 : 1024);
  if (buffer === null || count === "" || bytes >= BUFFER_BYTES_MIN) return [];
  const why =
    "An answer whose head is larger is a 502 with 'upstream sent too big header': a few cookies or a long Content-Security-Policy are enough.";
  return [
    {
      where: buffer.where,
      weight: "risk",
      what: `proxy_buffer_size is ${buffer.args[0]}.`,
      why,
      write: "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;",
    },
  ];
}

function upstreamFindings({ args, inner, where }: Setting): Finding[] {
  const servers = inner.filter(({ name }) => name === "server");
  const never = servers.filter((server) => server.args.includes("max_fails=0"));
  const findings: Finding[] = [];
  if (servers.length > 1 && never.length > 0) {
    const why = "A dead backend is never left out: its share of all requests fails first, and waits for proxy_connect_timeout.";
    findings.push({
      where: (never[0] as Setting).where,
      weight: "risk",
      what: "max_fails=0 switches the only health check of this upstream off.",
      why,
      write: `server ${never[0]?.args[0]} max_fails=3 fail_timeout=10s;`,
    });
  }
  if (servers.length === 1 && servers[0]?.args.includes("backup") !== true && inner.some(({ name }) => name === "keepalive")) {
    const timeout = inner.find(({ name }) => name === "keepalive_timeout");
    const seconds = timeout === undefined ? 60 : (readTime(timeout.args, "s") ?? 0) / 1000;
    const why = `nginx keeps idle connections for ${seconds} s; an application that closes them sooner (Node 5 s, gunicorn 2 s) does so while a request is on its way: a 502 now and then.`;
    findings.push({
      where: timeout?.where ?? where,
      weight: "risk",
      what: `The upstream ${args[0]} keeps connections for ${seconds} s.`,
      why,
      write: "keepalive_timeout 4s;  # below the application's own",
    });
  }
  return findings;
}

/** nginx's default. Milliseconds. */
const READ_TIMEOUT_MS = 60_000;

function waitOf(passes: readonly Pass[]): Wait | null {
  const waits = passes.map(({ setting, scopes }): Wait => {
    const timeout = lookUp(scopes, "proxy_read_timeout");
    const ms = timeout === null ? null : readTime(timeout.args, "s");
    return {
      where: timeout?.where ?? setting.where,
      name: `nginx proxy_read_timeout${timeout === null ? " (default)" : ""}`,
      ms: ms ?? READ_TIMEOUT_MS,
    };
  });
  return waits.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
}

/** nginx's defaults. Milliseconds. */
const CLIENT_KEEP_ALIVE_MS = 75_000;
const BACKEND_KEEP_ALIVE_MS = 60_000;

/** The shortest that it has for clients: that closes first. */
function keepsClients(settings: readonly Setting[]): Wait | null {
  const times = all(withoutUpstreams(settings), "keepalive_timeout").flatMap(({ where, args }): Wait[] => {
    const ms = readTime(args.slice(0, 1), "s");
    return ms === null || ms === 0 ? [] : [{ where, name: "nginx keepalive_timeout", ms }];
  });
  const where = settings[0]?.where ?? { file: "", line: 1 };
  return times.toSorted((a, b) => a.ms - b.ms)[0] ?? { where, name: "nginx keepalive_timeout (default)", ms: CLIENT_KEEP_ALIVE_MS };
}

/** The longest that an upstream's connection is kept; null: none is. */
function keepsBackends(upstreams: ReadonlyMap<string, Setting>): Wait | null {
  const times = [...upstreams.values()].flatMap(({ inner, where, args }): Wait[] => {
    if (!inner.some(({ name }) => name === "keepalive")) return [];
    const timeout = inner.findLast(({ name }) => name === "keepalive_timeout");
    const ms = timeout === undefined ? BACKEND_KEEP_ALIVE_MS : (readTime(timeout.args, "s") ?? BACKEND_KEEP_ALIVE_MS);
    return [{ where: timeout?.where ?? where, name: `nginx keepalive_timeout of ${args[0] ?? "an upstream"}`, ms }];
  });
  return times.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
}

function withoutUpstreams(block: readonly Setting[]): Setting[] {
  return block.flatMap((setting) => (setting.name === "upstream" ? [] : [{ ...setting, inner: withoutUpstreams(setting.inner) }]));
}

function all(block: readonly Setting[], name: string): Setting[] {
  return block.flatMap((setting) => (setting.name === name ? [setting] : all(setting.inner, name)));
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.where.file}:${finding.where.line}:${finding.what}`, finding]));
  return [...seen.values()];
}
