import { isIP } from "node:net";
import type { HostPort } from "../core/address.ts";
import { parseIpNetwork } from "../wire/ip-network.ts";

/** An address to listen on: `host:port`, `[v6]:port`, or a port alone, which means loopback. Port 0 takes a free one. */
export function parseListenAddress(text: string): HostPort | { problem: string } {
  if (/^\d+$/.test(text)) return parseListenAddress(`127.0.0.1:${text}`);
  if (text.startsWith(":"))
    return { problem: `name the address before ${text}: 127.0.0.1${text} for this machine, 0.0.0.0${text} for everybody` };
  if (/:\d+-\d+$/.test(text)) return { problem: "port ranges come in a later version: name one port, and list several addresses" };
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = (parts?.[1] ?? parts?.[2] ?? "").toLowerCase();
  const port = Number(parts?.[3]);
  if (parts === null || (parts[1] !== undefined && isIP(host) !== 6))
    return { problem: "expected an address such as 127.0.0.1:8502 or [::1]:8502" };
  if (port > 65535) return { problem: "a port is a number from 0 to 65535" };
  return { host, port };
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
