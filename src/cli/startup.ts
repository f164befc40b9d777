import { formatHostPort, type HostPort } from "../core/address.ts";
import type { Config } from "../core/settings.ts";

/** What is running, for the startup lines. */
export interface Running {
  readonly addresses: readonly HostPort[];
  readonly adminAddress: HostPort | null;
  readonly pool: { readonly size: number };
}

/** The lines that `serve` starts with: where it listens, over how many exits, and three things to try. */
export function tellStart(config: Config, running: Running): string[] {
  const { addresses, adminAddress, pool } = running;
  if (config.log.format === "json") {
    const admin = adminAddress === null ? null : formatHostPort(adminAddress);
    return [
      JSON.stringify({ event: "started", listen: addresses.map(formatHostPort), admin, exits: pool.size, direct: config.exchange.direct }),
    ];
  }
  const proxy = proxyUrl(config, addresses);
  return [
    `goodgateway listens on ${tellAddresses(addresses)} (HTTP, CONNECT, SOCKS), ${tellExits(pool.size, config)}`,
    `  try it    curl -x ${proxy} https://example.com/`,
    `  use it    export HTTP_PROXY=${proxy} HTTPS_PROXY=${proxy}`,
    adminAddress === null
      ? "  watch it  start it with --admin 127.0.0.1:8503"
      : `  watch it  curl http://${formatHostPort(reachable(adminAddress))}/api/exits`,
  ];
}

/** Ports that follow each other are told as a range. */
function tellAddresses(addresses: readonly HostPort[]): string {
  const ranges: { first: HostPort; last: HostPort }[] = [];
  for (const address of addresses) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last.host === address.host && range.last.port + 1 === address.port) range.last = address;
    else ranges.push({ first: address, last: address });
  }
  return ranges.map(({ first, last }) => `${formatHostPort(first)}${first === last ? "" : `-${last.port}`}`).join(", ");
}

function tellExits(size: number, { exchange }: Config): string {
  if (exchange.direct === "only") return "going direct";
  const exits = `${size.toLocaleString("en-US")} ${size === 1 ? "exit" : "exits"}`;
  if (exchange.pool.tiers.order[0] === "direct") return `direct first, ${exits} where that fails`;
  return exchange.direct === "fallback" ? `${exits}, direct where they fail` : exits;
}

function proxyUrl({ listeners }: Config, addresses: readonly HostPort[]): string {
  const [listener] = listeners;
  const [address] = addresses;
  if (listener === undefined || address === undefined) return "http://127.0.0.1:8502";
  const user = listener.users[0] === undefined ? "" : `${encodeURIComponent(listener.users[0].name)}:PASSWORD@`;
  return `${listener.tls === null ? "http" : "https"}://${user}${formatHostPort(reachable(address))}`;
}

/** A wildcard is an address to listen on, not one to connect to. */
function reachable({ host, port }: HostPort): HostPort {
  return { host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port };
}
