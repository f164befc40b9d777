import type { HostPort } from "../core/address.ts";
import type { Target } from "../core/route.ts";
import type { Question, TestSpec } from "./question.ts";

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/** The target of a URL. */
export function targetOf({ protocol, hostname, port }: URL): Target {
  const scheme = protocol === "https:" ? "https" : "http";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme, host, port: port === "" ? (scheme === "https" ? HTTPS_PORT : HTTP_PORT) : Number(port) };
}

/** Where a test dials it; null addresses: as its name says. */
export function placeOf({ exit, url }: TestSpec, { place }: Question): HostPort & { readonly addresses: readonly string[] | null } {
  const { host, port } = targetOf(url);
  const last = exit?.hops.at(-1)?.scheme;
  const resolvesHere = last === undefined || last === "socks4" || last === "socks5";
  return place === null || !resolvesHere ? { host, port, addresses: null } : { host, ...place };
}

/** The TLS of a request with it. */
export function tlsWith({ url }: TestSpec, { insecure }: Question): boolean | "unverified" {
  return url.protocol === "https:" && (insecure ? "unverified" : true);
}

/** Whether a test reaches the target itself; an HTTP exit answers a request in clear text in its place. */
export function isTunnelled({ exit, tunnel }: TestSpec, { scheme }: Target): boolean {
  const last = exit?.hops.at(-1)?.scheme;
  return last === undefined || tunnel || scheme === "https" || last.startsWith("socks");
}
