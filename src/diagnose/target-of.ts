import type { Target } from "../core/route.ts";
import type { TestSpec } from "./question.ts";

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/** The target of a URL. */
export function targetOf({ protocol, hostname, port }: URL): Target {
  const scheme = protocol === "https:" ? "https" : "http";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme, host, port: port === "" ? (scheme === "https" ? HTTPS_PORT : HTTP_PORT) : Number(port) };
}

/** Whether a test reaches the target itself; an HTTP exit answers a request in clear text in its place. */
export function isTunnelled({ exit, tunnel }: TestSpec, { scheme }: Target): boolean {
  const last = exit?.hops.at(-1)?.scheme;
  return last === undefined || tunnel || scheme === "https" || last.startsWith("socks");
}
