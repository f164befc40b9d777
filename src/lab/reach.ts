import type { HostPort } from "../core/address.ts";

/** Where names and addresses lead inside the lab, by `host:port`, or by `host` for any port. */
export type Reach = Readonly<Record<string, HostPort>>;

/** The lab's names lead where the map says, loopback addresses to themselves, and nothing else anywhere: null. */
export function findWay({ host, port }: HostPort, reach: Reach): HostPort | null {
  const mapped = reach[`${host}:${port}`] ?? reach[host];
  if (mapped) return mapped;
  return host.startsWith("127.") ? { host, port } : null;
}
