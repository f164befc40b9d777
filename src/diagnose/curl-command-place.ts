import type { CurlOption } from "./curl-command-options.ts";
import { BadCommand } from "./curl-command-problem.ts";

/** Where `--resolve` or `--connect-to` has a target be. */
export interface CurlPlace {
  /** Addresses, or one name. */
  readonly hosts: readonly string[];
  readonly port: number;
}

/**
 * What tells for a URL where its target is; null: where its name says.
 *
 * @throws BadCommand
 */
export function placesOf(options: readonly CurlOption[]): (url: URL) => CurlPlace | null {
  const places = options.flatMap(({ name, value }) =>
    name === "resolve" ? resolved(value) : name === "connect-to" ? [connected(value)] : [],
  );
  return (url) => {
    const host = url.hostname.toLowerCase();
    const port = url.port === "" ? (url.protocol === "https:" ? HTTPS_PORT : HTTP_PORT) : Number(url.port);
    const found = places.find((place) => (place.name === null || place.name === host) && (place.at === null || place.at === port));
    return found === undefined ? null : { hosts: found.hosts ?? [host], port: found.port ?? port };
  };
}

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/** Null: any, or as it was. */
interface Place {
  readonly name: string | null;
  readonly at: number | null;
  readonly hosts: readonly string[] | null;
  readonly port: number | null;
}

/** `[+]host:port:address[,address]…`; with a `-` before it, which takes one away, nothing. */
function resolved(value: string): Place[] {
  if (value.startsWith("-")) return [];
  const [, name = "", at, addresses = ""] = /^\+?(\*|\[[^\]]+\]|[^:]+):(\d+):(.+)$/.exec(value) ?? [];
  if (name === "") throw new BadCommand("--resolve of curl wants host:port:address");
  const hosts = addresses.split(",").map(withoutBrackets);
  return [{ name: name === "*" ? null : name.toLowerCase(), at: Number(at), hosts, port: null }];
}

/** `host:port:other:port`, each of which may be empty. */
function connected(value: string): Place {
  const [found, name = "", at = "", other = "", port = ""] = /^(\[[^\]]+\]|[^:]*):(\d*):(\[[^\]]+\]|[^:]*):(\d*)$/.exec(value) ?? [];
  if (found === undefined) throw new BadCommand("--connect-to of curl wants host:port:host:port");
  return {
    ...{ name: name === "" ? null : name.toLowerCase(), at: at === "" ? null : Number(at) },
    ...{ hosts: other === "" ? null : [withoutBrackets(other)], port: port === "" ? null : Number(port) },
  };
}

function withoutBrackets(host: string): string {
  return host.trim().replace(/^\[(.*)\]$/, "$1");
}
