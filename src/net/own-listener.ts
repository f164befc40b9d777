import type { HostPort } from "../core/address.ts";
import { ipFromBytes, ipToBytes } from "../wire/ip-bytes.ts";
import { classifyAddress } from "./address-policy.ts";
import { interfaceAddresses } from "./interface-addresses.ts";

/** Whether who connects to this address comes to the listener at `own`, in whatever form either is written. */
export function reachesListener(own: HostPort, address: string, port: number): boolean {
  if (own.port !== port) return false;
  const at = plainAddress(own.host);
  const to = plainAddress(address);
  if (at === to) return true;
  // Who connects to the unspecified address gets the machine itself.
  if (isUnspecified(to)) return isUnspecified(at) || classifyAddress(at) === "loopback";
  return isUnspecified(at) && isOfThisMachine(to);
}

/** The one canonical form; an IPv4-mapped address (RFC 4291 2.5.5.2) as the IPv4 address that it is. */
export function plainAddress(address: string): string {
  const bytes = ipToBytes(address);
  if (bytes === null) return address;
  const isMapped = bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return ipFromBytes(isMapped ? bytes.subarray(12) : bytes);
}

function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function isOfThisMachine(address: string): boolean {
  if (classifyAddress(address) === "loopback") return true;
  return interfaceAddresses().some((one) => plainAddress(one.address) === address);
}
