import { ACCESS } from "./access.ts";
import { NGINX_JSON, PROXY_MANAGER } from "./access-forms.ts";
import { ALB_ACCESS } from "./alb.ts";
import { apacheFormats } from "./apache.ts";
import { APP_SERVERS } from "./app-servers.ts";
import { AZURE_FRONT_DOOR, AZURE_GATEWAY } from "./azure.ts";
import { caddyFormats } from "./caddy.ts";
import { CLOUDFLARE } from "./cloudflare.ts";
import { CLOUDFLARED } from "./cloudflared.ts";
import { cloudFrontFormats } from "./cloudfront.ts";
import { ENVOY_ACCESS } from "./envoy.ts";
import { ENVOY_JSON } from "./envoy-json.ts";
import { ENVOY_NOTES } from "./envoy-notes.ts";
import { FLY, FLY_APP } from "./fly.ts";
import { GO_PROXY } from "./go-proxy.ts";
import { GOOGLE_LB } from "./google-lb.ts";
import { HAPROXY_EARLY, HAPROXY_HTTP, HAPROXY_NOTES, HAPROXY_TCP } from "./haproxy.ts";
import { herokuFormats } from "./heroku.ts";
import { JsonJoiner } from "./json-joiner.ts";
import { LIGHTTPD } from "./lighttpd.ts";
import { LINKERD } from "./linkerd.ts";
import type { LogFormat } from "./log-event.ts";
import { GO_QUOTED, ingressNotes } from "./loose-lines.ts";
import { NGINX_ERROR, NGINX_MESSAGE } from "./nginx.ts";
import { OWN_JSON, OWN_TEXT } from "./own.ts";
import { privoxyFormats } from "./privoxy.ts";
import { SQUID_ACCESS, SQUID_CACHE } from "./squid.ts";
import { tinyproxyFormats } from "./tinyproxy.ts";
import { TRAEFIK_ACCESS, TRAEFIK_JSON } from "./traefik.ts";
import { TRAEFIK_LOGRUS, TRAEFIK_NOTES_JSON, TRAEFIK_ZEROLOG } from "./traefik-notes.ts";
import { varnishFormats } from "./varnish.ts";
import { unwrapAll } from "./wrapped-line.ts";

/** Every format that is read, for one file: some learn from lines what the next ones mean. */
function logFormats(year: number): readonly LogFormat[] {
  return [
    NGINX_ERROR,
    ...apacheFormats(),
    TRAEFIK_ACCESS,
    ACCESS,
    PROXY_MANAGER,
    NGINX_JSON,
    HAPROXY_HTTP,
    HAPROXY_TCP,
    HAPROXY_EARLY,
    HAPROXY_NOTES,
    SQUID_ACCESS,
    SQUID_CACHE,
    ENVOY_ACCESS,
    ENVOY_JSON,
    ENVOY_NOTES,
    TRAEFIK_JSON,
    ...tinyproxyFormats(year),
    ...privoxyFormats(),
    ...varnishFormats(),
    ...caddyFormats(),
    LIGHTTPD,
    ALB_ACCESS,
    ...cloudFrontFormats(),
    CLOUDFLARE,
    LINKERD,
    GOOGLE_LB,
    AZURE_GATEWAY,
    AZURE_FRONT_DOOR,
    FLY,
    FLY_APP,
    OWN_TEXT,
    OWN_JSON,
    CLOUDFLARED,
    TRAEFIK_LOGRUS,
    TRAEFIK_ZEROLOG,
    TRAEFIK_NOTES_JSON,
    GO_PROXY,
    APP_SERVERS,
    ingressNotes(year),
    ...herokuFormats(year),
    NGINX_MESSAGE,
    GO_QUOTED,
  ];
}

/** Names that `--format` takes for logs, with the programs that they stand for. */
export const LOG_FORMAT_NAMES: readonly string[] = [
  "nginx",
  "apache",
  "access",
  "haproxy",
  "squid",
  "tinyproxy",
  "privoxy",
  "varnish",
  "caddy",
  "lighttpd",
  "envoy",
  "traefik",
  "alb",
  "cloudfront",
  "cloudflare",
  "linkerd",
  "gcp",
  "azure",
  "fly",
  "go",
  "cloudflared",
  "heroku",
  "app",
  "goodgateway",
];

/** The formats that a name stands for; all where it is null. @param year of times that have none; any, where it is only asked whether a line can be read. */
export function formatsNamed(name: string | null, year: number = 2000): readonly LogFormat[] {
  const all = logFormats(year);
  if (name === null) return all;
  // These write their access logs in the format that all have in common.
  const hasAccess = ["nginx", "apache", "traefik", "caddy", "varnish", "privoxy", "lighttpd"].includes(name);
  return all.filter(({ id, program }) => program === name || (hasAccess && id === "access"));
}

/**
 * Whether a text's first lines are of a log: "perhaps" where there are only such that quote what programs say elsewhere too, without a time.
 * @param year of times that have none.
 * @param linesMax so many are looked at.
 */
export function looksLikeLog(head: string, year: number, linesMax: number = LINES_MAX): "surely" | "perhaps" | "no" {
  const formats = formatsNamed(null, year);
  const isRead = (line: string) => formats.some(({ read, isLast }) => isLast !== true && read(line) !== null);
  const quoted = formats.filter(({ isLast }) => isLast === true);
  let isQuoted = false;
  for (const line of firstLines(head, linesMax)) {
    if (isRead(line) || [...unwrapAll(line, year)].some((inner) => isRead(inner.line))) return "surely";
    const events = quoted.map(({ read }) => read(line)).filter((event) => event !== null);
    if (events.some(({ at }) => at !== null)) return "surely";
    isQuoted ||= events.length > 0;
  }
  return isQuoted ? "perhaps" : "no";
}

function firstLines(head: string, linesMax: number): string[] {
  const lines: string[] = [];
  const joiner = new JsonJoiner((line) => lines.push(line));
  for (const [index, line] of head.split("\n", Math.max(linesMax, JOINED_LINES_MAX)).entries())
    joiner.push(line.replace(/\r$/, ""), index + 1);
  joiner.end();
  return lines.slice(0, linesMax);
}

const LINES_MAX = 50;
/** An object may stand over many. */
const JOINED_LINES_MAX = 3000;
