import { bytesOf, unmapped, unmappedNetwork } from "../wire/ip-mapped.ts";
import { type IpNetwork, isInNetwork, parseIpNetwork } from "../wire/ip-network.ts";

/** What kind of address it is; all but `public` lead to somewhere that a stranger must not be let to. */
export type AddressKind =
  | "public"
  | "wildcard"
  | "loopback"
  | "private"
  | "shared"
  | "link-local"
  | "metadata"
  | "multicast"
  | "broadcast"
  | "documentation"
  | "benchmarking"
  | "reserved";

/**
 * The kind of an IP address by the IANA special-purpose registries (RFC 6890), with the addresses of cloud metadata services on top.
 * An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo) is of that one's kind, since packets to it end there.
 *
 * @param ip as `isIP` takes it, with or without zone; anything else is `reserved`, so that what is not understood is not let through
 */
export function classifyAddress(ip: string): AddressKind {
  const bytes = bytesOf(ip);
  return bytes === null ? "reserved" : classify(bytes);
}

/**
 * Tells whether an address lies in one of the networks (CIDR, or an address alone). An IPv4-mapped address, as a socket of both
 * families has them, is taken as the IPv4 address, in the list as well.
 *
 * @throws Error that names the network that is none
 */
export function allowListMatcher(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.map((network) => unmappedNetwork(parseIpNetwork(network)));
  return (address) => {
    const bytes = bytesOf(address);
    return bytes !== null && parsed.some((network) => isInNetwork(network, unmapped(bytes)));
  };
}

type Kinds = readonly (readonly [kind: AddressKind | Embedding, network: IpNetwork])[];
/** Where an IPv6 address keeps its IPv4 address. */
type Embedding = (bytes: Uint8Array) => AddressKind;

function classify(bytes: Uint8Array): AddressKind {
  const kinds = bytes.length === 4 ? IPV4_KINDS : IPV6_KINDS;
  for (const [kind, network] of kinds) {
    if (isInNetwork(network, bytes)) return typeof kind === "string" ? kind : kind(bytes);
  }
  return bytes.length === 4 ? "public" : "reserved";
}

const embeddedAt =
  (offset: number): Embedding =>
  (bytes) =>
    classify(bytes.subarray(offset, offset + 4));

/** Bits that no packet on the public internet may have around its IPv4 address: never better than `otherwise`. */
const embeddedAtEndOr =
  (otherwise: AddressKind): Embedding =>
  (bytes) => {
    const kind = classify(bytes.subarray(12));
    return kind === "public" ? otherwise : kind;
  };

/** RFC 4380 section 4: the server's address, and the client's with all bits inverted. */
const teredo: Embedding = (bytes) => {
  const server = classify(bytes.subarray(4, 8));
  return server === "public" ? classify(bytes.subarray(12).map((byte) => byte ^ 0xff)) : server;
};

function rows(kind: AddressKind | Embedding, ...networks: readonly string[]): Kinds {
  return networks.map((network) => [kind, parseIpNetwork(network)] as const);
}

/** The first row that holds an address decides. */
const IPV4_KINDS: Kinds = [
  // AWS, GCP, Azure and most others; ECS and EKS tasks; Azure's host; Alibaba; Oracle.
  ...rows("metadata", "169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
  ...rows("wildcard", "0.0.0.0"),
  ...rows("broadcast", "255.255.255.255"),
  ...rows("loopback", "127.0.0.0/8"),
  ...rows("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
  ...rows("shared", "100.64.0.0/10"),
  ...rows("link-local", "169.254.0.0/16"),
  ...rows("documentation", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
  ...rows("benchmarking", "198.18.0.0/15"),
  ...rows("multicast", "224.0.0.0/4"),
  ...rows("reserved", "0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4"),
];

const IPV6_KINDS: Kinds = [
  ...rows("metadata", "fd00:ec2::254", "fd20:ce::254"), // AWS, GCP
  ...rows("wildcard", "::"),
  ...rows("loopback", "::1"),
  ...rows(embeddedAt(12), "::ffff:0:0/96", "64:ff9b::/96"),
  ...rows(embeddedAtEndOr("reserved"), "::/96", "::ffff:0:0:0/96"), // RFC 4291 2.5.5.1 and RFC 2765, both given up
  ...rows(embeddedAtEndOr("private"), "64:ff9b:1::/48"), // RFC 8215: a translator of one network's own, whose layout only it knows
  ...rows(embeddedAt(2), "2002::/16"),
  ...rows(teredo, "2001::/32"),
  ...rows("private", "fc00::/7", "fec0::/10"),
  ...rows("link-local", "fe80::/10"),
  ...rows("documentation", "2001:db8::/32", "3fff::/20"),
  ...rows("benchmarking", "2001:2::/48"),
  ...rows("multicast", "ff00::/8"),
  ...rows("reserved", "2001::/23"),
  ...rows("public", "2000::/3"), // all that IANA has given out; the rest is reserved
];
