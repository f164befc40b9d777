import type { CurlOption } from "./curl-command-options.ts";
import { BadCommand } from "./curl-command-problem.ts";

/** Where `--resolve` or `--connect-to` has a target be. */
export interface CurlPlace {
  /** Addresses, or one name. */
  readonly hosts: readonly string[];
  readonly port: number;
}

/**
 * The first of them that is about this URL; null: none is.
 *
 * @throws BadCommand
 */
export function placeOf(options: readonly CurlOption[], url: URL): CurlPlace | null {
  const host = url.hostname.toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  for (const { name, value } of options) {
    const place = name === "resolve" ? resolved(value, host, port) : name === "connect-to" ? connected(value, host, port) : null;
    if (place !== null) return place;
  }
  return null;
}

/** `[+]host:port:address[,address]…`. */
function resolved(value: string, host: string, port: string): CurlPlace | null {
  if (value.startsWith("-")) return null;
  const [, name, at, addresses = ""] = /^\+?(\*|\[[^\]]+\]|[^:]+):(\d+):(.+)$/.exec(value) ?? [];
  if (name === undefined) throw new BadCommand("--resolve of curl wants host:port:address");
  if ((name !== "*" && name.toLowerCase() !== host) || at !== port) return null;
  return { hosts: addresses.split(",").map(withoutBrackets), port: Number(port) };
}

/** `host:port:other:port`, each of which may be empty. */
function connected(value: string, host: string, port: string): CurlPlace | null {
  const [, name, at, other, otherPort] = /^(\[[^\]]+\]|[^:]*):(\d*):(\[[^\]]+\]|[^:]*):(\d*)$/.exec(value) ?? [];
  if (name === undefined) throw new BadCommand("--connect-to of curl wants host:port:host:port");
  if ((name !== "" && name.toLowerCase() !== host) || (at !== "" && at !== port)) return null;
  return {
    hosts: [withoutBrackets(other === "" || other === undefined ? host : other)],
    port: Number(otherPort === "" ? port : otherPort),
  };
}

function withoutBrackets(host: string): string {
  return host.trim().replace(/^\[(.*)\]$/, "$1");
}
