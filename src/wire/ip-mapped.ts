import { isIP } from "node:net";
import { ipToBytes } from "./ip-bytes.ts";
import { type IpNetwork, isInNetwork, parseIpNetwork } from "./ip-network.ts";

/** Null for what is no address; the zone of a link-local one says nothing of its kind. */
export function bytesOf(address: string): Uint8Array | null {
  return ipToBytes(isIP(address) === 6 ? address.replace(/%.*$/s, "") : address);
}

const IPV4_MAPPED = parseIpNetwork("::ffff:0:0/96");

/** An IPv4-mapped address (RFC 4291 2.5.5.2) as the IPv4 address that it is; any other as it is. */
export function unmapped(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 && isInNetwork(IPV4_MAPPED, bytes) ? bytes.subarray(12) : bytes;
}

/** The same for a network of mapped addresses. */
export function unmappedNetwork(network: IpNetwork): IpNetwork {
  const { bytes, prefix } = network;
  return prefix >= IPV4_MAPPED.prefix && bytes.length === 16 && isInNetwork(IPV4_MAPPED, bytes)
    ? { bytes: bytes.subarray(12), prefix: prefix - IPV4_MAPPED.prefix }
    : network;
}
