import { isIP } from "node:net";
import { type ApachePass, balancersOf, passesOf, type Scopes, setFor } from "./apache-passes.ts";
import { type ConfigReading, type Finding, lookUp, readTime, type Setting, type Wait } from "./setting.ts";

/** What in an Apache config leads to 5xx, and how long it waits for its backends. */
export function readApache(settings: readonly Setting[]): ConfigReading {
  const passes = passesOf(settings, [settings]);
  const findings = [
    ...passes.flatMap((pass) => [...slashFindings(pass), ...tlsFindings(pass), ...nameFindings(pass), ...fieldFindings(pass)]),
    ...moduleFindings(settings, passes),
    ...keepAliveFindings(settings, passes),
    ...balancersOf(settings).flatMap((balancer) => connectFindings(balancer, settings)),
    ...limitFindings(settings),
  ];
  return { findings, wait: waitOf(passes), keepsClients: keepsClients(settings), keepsBackends: null };
}

/** `ProxyPass / http://10.0.0.2:8080`: what is asked for is put right behind the port. */
function slashFindings({ setting, path, url }: ApachePass): Finding[] {
  if (path === null || !path.endsWith("/") || !/^https?:\/\/[^/]+$/i.test(url)) return [];
  return [
    {
      where: setting.where,
      weight: "likely",
      what: `ProxyPass ${path} to ${url}, without a slash at its end.`,
      why: "The rest of the path is put right behind it: 'DNS lookup failure for: host:8080page', a 500 or 502 for all but the first page.",
      write: `ProxyPass ${path} ${url}/`,
    },
  ];
}

function tlsFindings({ setting, scopes, url, host }: ApachePass): Finding[] {
  if (!/^(?:https|wss):/i.test(url)) return [];
  // From 2.4.30 on it may stand in a <Proxy> section of its own.
  const isInProxy = has(scopes[0] ?? [], ({ name, inner }) => name === "proxy" && isOn(lookUp([inner], "sslproxyengine")));
  if (!isInProxy && !isOn(lookUp(scopes, "sslproxyengine"))) {
    const why = "Apache does not speak TLS to backends then: 'failed to enable ssl support', a 500 for each request.";
    return [
      {
        where: setting.where,
        weight: "likely",
        what: `ProxyPass to ${originOf(url)} without SSLProxyEngine.`,
        why,
        write: "SSLProxyEngine on",
      },
    ];
  }
  const checks = lookUp(scopes, "sslproxycheckpeername")?.args[0]?.toLowerCase() !== "off";
  if (checks && isOn(lookUp(scopes, "proxypreservehost"))) {
    const why =
      "The backend's certificate is then held against the name that the client asked for: if it has another one, each request is a 500.";
    const what = `ProxyPass to ${originOf(url)} with ProxyPreserveHost on.`;
    return [
      {
        where: setting.where,
        weight: "risk",
        what,
        why,
        write: "ProxyPreserveHost off, or a certificate with the site's name on the backend",
      },
    ];
  }
  if (!checks || isIP(host.replace(/^\[|\]$/g, "")) === 0) return [];
  const why = "The certificate's name is checked, also where SSLProxyVerify is none: one without the address is a 500 for each request.";
  const write = "ProxyPass to the name in the certificate; SSLProxyCheckPeerName off hides it only";
  return [{ where: setting.where, weight: "risk", what: `ProxyPass to the address ${originOf(url)} by TLS.`, why, write }];
}

/** A connection that is kept holds the address that its name had. */
function nameFindings({ setting, scopes, url, host, options }: ApachePass): Finding[] {
  const isName = /^[a-z](?:[\w-]*\.)+[\w-]+$/i.test(host);
  if (!isName || options.has("addressttl") || setFor(options, scopes, "disablereuse") === "on") return [];
  const why =
    "Its address is looked up once and kept with the connections: after it has changed, requests go to the old one until a restart.";
  return [
    {
      where: setting.where,
      weight: "risk",
      what: `${nameOf(setting)} to the name ${host}.`,
      why,
      write: `${nameOf(setting)} … ${url} addressttl=30   # from 2.4.59 on; disablereuse=on before`,
    },
  ];
}

const FIELD_BYTES_MIN = 8192;

function fieldFindings({ setting, options }: ApachePass): Finding[] {
  const bytes = Number(options.get("responsefieldsize") ?? FIELD_BYTES_MIN);
  if (!(bytes < FIELD_BYTES_MIN)) return [];
  const why =
    "An answer with a longer field is a 502 with 'header size is over the limit': a cookie or a Content-Security-Policy is enough.";
  return [{ where: setting.where, weight: "risk", what: `responsefieldsize is ${bytes}.`, why, write: "responsefieldsize=16384" }];
}

const MODULES: Readonly<Record<string, string>> = {
  http: "proxy_http_module",
  https: "proxy_http_module",
  fcgi: "proxy_fcgi_module",
  ajp: "proxy_ajp_module",
  uwsgi: "proxy_uwsgi_module",
  scgi: "proxy_scgi_module",
  balancer: "proxy_balancer_module",
  h2: "proxy_http2_module",
  h2c: "proxy_http2_module",
};

/** Only of a config that loads its modules itself, and mod_proxy with them. */
function moduleFindings(settings: readonly Setting[], passes: readonly ApachePass[]): Finding[] {
  const loaded = new Set(settings.filter(({ name }) => name === "loadmodule").map(({ args }) => args[0]?.toLowerCase()));
  if (!loaded.has("proxy_module")) return [];
  const seen = new Set<string>();
  return passes.flatMap(({ setting, url }): Finding[] => {
    const scheme = url.split(":", 1)[0]?.toLowerCase() ?? "";
    const module = MODULES[scheme];
    if (module === undefined || loaded.has(module) || seen.has(module)) return [];
    seen.add(module);
    const why = "'No protocol handler was valid for the URL': a 500 for each request.";
    const write = `a2enmod ${module.replace(/_module$/, "")}`;
    return [{ where: setting.where, weight: "likely", what: `${scheme}: is asked for, and ${module} is not loaded.`, why, write }];
  });
}

/** Apache's own end of a kept connection has no limit by default: the application's comes first. */
function keepAliveFindings(settings: readonly Setting[], passes: readonly ApachePass[]): Finding[] {
  const isMitigated = has(
    settings,
    ({ name, args }) => /^setenv/.test(name) && args.some((arg) => /^proxy-(?:initial-not-pooled|nokeepalive)/.test(arg)),
  );
  const kept = passes.find(({ url, options, scopes }) => {
    const isHttp = /^(?:https?|ajp):/i.test(url);
    return isHttp && !["ttl", "disablereuse", "ping"].some((name) => setFor(options, scopes, name) !== null);
  });
  if (kept === undefined || isMitigated) return [];
  const why =
    "An application that closes idle connections first (Node after 5 s, gunicorn after 2 s) does so while a request is on its way: 'error reading status line', a 502 now and then.";
  return [
    {
      where: kept.setting.where,
      weight: "risk",
      what: "Connections to backends are kept without a limit of time.",
      why,
      write: `${nameOf(kept.setting)} … ttl=4   # below the application's own`,
    },
  ];
}

/** Two members, and the first that drops packets takes all the time. */
function connectFindings({ members, balancer }: ReturnType<typeof balancersOf>[number], settings: readonly Setting[]): Finding[] {
  const slow = members.find(({ options }) => !options.has("connectiontimeout"));
  if (members.length < 2 || slow === undefined) return [];
  const seconds = (readTime([slow.options.get("timeout") ?? ""], "s") ?? timeoutOf([settings]).ms) / 1000;
  const why = "So long a member that drops packets holds each request that it gets before another one is asked.";
  const what = `The members of ${balancer} may take ${seconds} s to connect.`;
  return [{ where: slow.setting.where, weight: "risk", what, why, write: `BalancerMember ${slow.url} connectiontimeout=3` }];
}

const REQUEST_FIELD_BYTES_MIN = 8190;

function limitFindings(settings: readonly Setting[]): Finding[] {
  return all(settings, "limitrequestfieldsize").flatMap(({ where, args }): Finding[] => {
    const bytes = Number(args[0] ?? REQUEST_FIELD_BYTES_MIN);
    if (!(bytes < REQUEST_FIELD_BYTES_MIN)) return [];
    const why = "Requests with more cookies than that are a 400, which looks as the client's own fault.";
    return [{ where, weight: "risk", what: `LimitRequestFieldSize is ${bytes}.`, why, write: "LimitRequestFieldSize 16384" }];
  });
}

/** Apache's defaults. Milliseconds. */
const TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 5000;

/** The innermost of ProxyTimeout and Timeout. */
function timeoutOf(scopes: Scopes): { readonly setting: Setting | null; readonly ms: number } {
  const setting = lookUp(scopes, "proxytimeout") ?? lookUp(scopes, "timeout");
  return { setting, ms: (setting === null ? null : readTime(setting.args, "s")) ?? TIMEOUT_MS };
}

function waitOf(passes: readonly ApachePass[]): Wait | null {
  const waits = passes.map(({ setting, options, scopes }): Wait => {
    const own = setFor(options, scopes, "timeout");
    const ownMs = own === null ? null : readTime([own], "s");
    if (ownMs !== null) return { where: setting.where, name: "Apache ProxyPass timeout", ms: ownMs };
    const { setting: found, ms } = timeoutOf(scopes);
    const name = found === null ? "Apache Timeout (default)" : `Apache ${found.name === "timeout" ? "Timeout" : "ProxyTimeout"}`;
    return { where: found?.where ?? setting.where, name, ms };
  });
  return waits.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
}

/** How long it keeps what whoever is in front opened: the shortest that it has. */
function keepsClients(settings: readonly Setting[]): Wait | null {
  const off = settings.findLast(({ name }) => name === "keepalive");
  if (off !== undefined && !isOn(off)) return null;
  const times = all(settings, "keepalivetimeout").flatMap(({ where, args }): Wait[] => {
    const ms = readTime(args, "s");
    return ms === null ? [] : [{ where, name: "Apache KeepAliveTimeout", ms }];
  });
  const where = settings[0]?.where ?? { file: "", line: 1 };
  return times.toSorted((a, b) => a.ms - b.ms)[0] ?? { where, name: "Apache KeepAliveTimeout (default)", ms: KEEP_ALIVE_MS };
}

function isOn(setting: Setting | null): boolean {
  return setting?.args[0]?.toLowerCase() === "on";
}

function nameOf({ name }: Setting): string {
  return NAMES[name] ?? name;
}

const NAMES: Readonly<Record<string, string>> = {
  proxypass: "ProxyPass",
  proxypassmatch: "ProxyPassMatch",
  balancermember: "BalancerMember",
  rewriterule: "RewriteRule",
};

/** Without user and password. */
function originOf(url: string): string {
  return url.replace(/^(\w+:\/\/)(?:[^/@]*@)?([^/]+).*$/, "$1$2");
}

function all(block: readonly Setting[], name: string): Setting[] {
  return block.flatMap((setting) => (setting.name === name ? [setting] : all(setting.inner, name)));
}

function has(block: readonly Setting[], test: (setting: Setting) => boolean): boolean {
  return block.some((setting) => test(setting) || has(setting.inner, test));
}
