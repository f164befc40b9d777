import { isIP } from "node:net";
import { bytesOf, unmapped, unmappedNetwork } from "./ip-mapped.ts";
import { isInNetwork, parseIpNetwork } from "./ip-network.ts";

/**
 * Tells whether a host is on a list such as curl reads from NO_PROXY. An entry, or several between commas or spaces, is
 * - `*`: every host;
 * - `example.com`, `.example.com`: that domain and all below it; `*.example.com`: all below it;
 * - `192.0.2.1`, `[2001:db8::1]`, `10.0.0.0/8`: hosts given as an address, none is resolved for this;
 * - any of these but networks with `:port` behind it: that port alone. An IPv6 address then needs its brackets.
 *
 * @throws Error that names the entry that is none
 */
export function bypassMatcher(list: readonly string[]): (host: string, port: number) => boolean {
  const entries = list.flatMap((item) => item.split(/[\s,]+/)).filter((entry) => entry !== "");
  const matchers = entries.map(parseBypass);
  return (host, port) => {
    const name = withoutRootDot(host.toLowerCase());
    const address = bytesOf(name);
    return matchers.some((matches) => matches({ name, address: address && unmapped(address), port }));
  };
}

interface BypassCandidate {
  readonly name: string;
  /** Null where the host is a name. */
  readonly address: Uint8Array | null;
  readonly port: number;
}

function parseBypass(entry: string): (candidate: BypassCandidate) => boolean {
  if (entry.includes("/")) return matchesNetwork(entry);
  const [, bracketed, plain = entry, portText] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const port = portText === undefined ? null : Number(portText);
  if ((bracketed !== undefined && isIP(bracketed) !== 6) || (port !== null && (port < 1 || port > 65535))) throw noBypass(entry);
  const matches = matchesHost(entry, bracketed ?? plain);
  return port === null ? matches : (candidate) => candidate.port === port && matches(candidate);
}

function matchesHost(entry: string, host: string): (candidate: BypassCandidate) => boolean {
  if (host === "*") return () => true;
  if (bytesOf(host) !== null) return matchesNetwork(host);
  const isBelowOnly = host.startsWith("*.");
  const domain = withoutRootDot(host.replace(/^\*?\./, "")).toLowerCase();
  if (!/^[^\s:*/[\]]+$/.test(domain)) throw noBypass(entry);
  return ({ name }) => (!isBelowOnly && name === domain) || name.endsWith(`.${domain}`);
}

function noBypass(entry: string): Error {
  return new Error(`"${entry}" is no host, network or host:port to bypass`);
}

function matchesNetwork(text: string): (candidate: BypassCandidate) => boolean {
  const network = unmappedNetwork(parseIpNetwork(text));
  return ({ address }) => address !== null && isInNetwork(network, address);
}

function withoutRootDot(name: string): string {
  return name.replace(/\.$/, "");
}
