import { isIP } from "node:net";
import type { HostPort } from "../core/address.ts";
import { parseIpNetwork } from "../wire/ip-network.ts";

/** An address to listen on: `host:port`, `[v6]:port`, or a port alone, which means loopback. Port 0 takes a free one. */
export function parseListenAddress(text: string): HostPort | { problem: string } {
  if (/^\d+$/.test(text)) return parseListenAddress(`127.0.0.1:${text}`);
  if (BARE_IPV6.test(text)) return { problem: "an IPv6 address stands in brackets before its port, as in [::1]:8502" };
  if (text.startsWith(":"))
    return { problem: `name the address before ${text}: 127.0.0.1${text} for this machine, 0.0.0.0${text} for everybody` };
  if (RANGE.test(text)) return { problem: "expected one port here, not a range of them" };
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = (parts?.[1] ?? parts?.[2] ?? "").toLowerCase();
  const port = Number(parts?.[3]);
  if (parts === null || (parts[1] !== undefined && isIP(host) !== 6))
    return { problem: "expected an address such as 127.0.0.1:8502 or [::1]:8502" };
  if (port > 65535) return { problem: "a port is a number from 0 to 65535" };
  return { host, port };
}

/** Two colons at least. */
const BARE_IPV6 = /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i;

/** Ports of one range, so that a slip of the finger does not take them all. */
const RANGE_PORTS_MAX = 1024;

const RANGE = /^(.*?)(\d{1,5})-(\d{1,5})$/;

/** An address, or one for each port of a range: `127.0.0.1:8600-8699`, `8600-8699`. */
export function parseListenAddresses(text: string): readonly HostPort[] | { problem: string } {
  const [, before = "", from = "", to = ""] = RANGE.exec(text) ?? [];
  if (to === "" || (before !== "" && !before.endsWith(":"))) {
    const single = parseListenAddress(text);
    return "problem" in single ? single : [single];
  }
  const first = parseListenAddress(`${before}${from}`);
  const last = parseListenAddress(`${before}${to}`);
  if ("problem" in first) return first;
  if ("problem" in last) return last;
  const ports = last.port - first.port + 1;
  if (first.port === 0 || ports < 1) return { problem: "a range of ports goes upwards, from 1 on: 127.0.0.1:8600-8699" };
  if (ports > RANGE_PORTS_MAX) return { problem: `a range has at most ${RANGE_PORTS_MAX} ports, and this one ${ports}` };
  return Array.from({ length: ports }, (_, i) => ({ host: first.host, port: first.port + i }));
}

/** `192.0.2.0/24` of a network or an address; or what is wrong with it. */
export function parseNetwork(text: string): string | { problem: string } {
  try {
    const { prefix } = parseIpNetwork(text);
    return text.includes("/") ? text.trim() : `${text.trim()}/${prefix}`;
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
