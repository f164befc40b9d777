import { isIP } from "node:net";
import type { Exit } from "../core/route.ts";

/**
 * What exits that fail together share: the provider that their tag names, else the network of the hop nearest to us (/24 of IPv4, /48 of
 * IPv6), else its host name.
 */
export function kinOf({ hops, tags }: Exit): string {
  const provider = Object.hasOwn(tags, "provider") ? tags["provider"] : undefined;
  if (provider !== undefined) return `provider ${provider}`;
  const host = hops[0]?.host ?? "";
  const version = isIP(host);
  if (version === 4) return `${host.slice(0, host.lastIndexOf("."))}.0/24`;
  return version === 6 ? `${firstGroups(host)}::/48` : host;
}

/** The first three groups of an IPv6 literal, none abbreviated away. */
function firstGroups(address: string): string {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length - (address.includes(".") ? 1 : 0));
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

const GROUPS = 8;
const NETWORK_GROUPS = 3;
