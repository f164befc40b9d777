import { byRole, every, type FaultRows } from "./row.ts";

/** Faults before a hop's first byte: its name, its TCP connection. */
export type ConnectFaultId =
  | "dns.nxdomain"
  | "dns.nodata"
  | "dns.servfail"
  | "dns.refused"
  | "dns.timeout"
  | "dns.resolver_unreachable"
  | "connect.refused"
  | "connect.timeout"
  | "connect.reset"
  | "connect.host_unreachable"
  | "connect.net_unreachable"
  | "connect.acl_denied";

const dns = {
  stage: "dns",
  rfc: "dns_error",
  status: 502,
  confidence: 0.95,
  inDoubt: "never",
  retry: byRole("fresh-hop", "never"),
} as const;
const connect = { stage: "connect", confidence: 0.98, inDoubt: "never", retry: byRole("fresh-hop", "fresh-hop") } as const;

export const CONNECT_FAULTS: FaultRows<ConnectFaultId> = {
  "dns.nxdomain": {
    ...dns,
    culprit: byRole("exit", "origin"),
    summary: "The hop's name does not exist.",
    fix: {
      client: "Check the spelling of the host name.",
      operator: "Correct the name where it is written (exit list, config, URL), or in DNS.",
    },
  },
  "dns.nodata": {
    ...dns,
    culprit: byRole("exit", "origin"),
    summary: "The hop's name exists but has no address.",
    fix: { client: "Check the host name.", operator: "Add an A or AAAA record, or correct the name." },
  },
  "dns.servfail": {
    ...dns,
    culprit: byRole("exit", "dns"),
    confidence: 0.7,
    retry: every("fresh-hop"),
    summary: "The resolver could not answer for the hop's name.",
    fix: { client: "Try again.", operator: "Check the name's authoritative servers and DNSSEC, and the resolver." },
  },
  "dns.refused": {
    ...dns,
    culprit: every("gateway"),
    confidence: 0.9,
    retry: every("fresh-hop"),
    summary: "The resolver refuses to answer this machine.",
    fix: { client: "Try again later.", operator: "Allow this machine at the resolver, or set another resolver." },
  },
  "dns.timeout": {
    ...dns,
    rfc: "dns_timeout",
    status: 504,
    culprit: every("dns"),
    confidence: 0.7,
    retry: every("fresh-hop"),
    summary: "The resolver did not answer in time.",
    fix: { client: "Try again.", operator: "Check the resolver, or set a second one." },
  },
  "dns.resolver_unreachable": {
    ...dns,
    rfc: "dns_timeout",
    status: 504,
    culprit: every("gateway"),
    confidence: 0.9,
    retry: every("fresh-hop"),
    summary: "The machine's resolver cannot be reached.",
    fix: { client: "Try again later.", operator: "Check /etc/resolv.conf and the firewall." },
  },
  "connect.refused": {
    ...connect,
    rfc: "connection_refused",
    status: 502,
    culprit: byRole("exit", "origin"),
    summary: "The hop's address refuses TCP on that port.",
    fix: {
      client: "Try again; if it stays, what was to listen there is down.",
      operator: "Check that the process runs and listens on that address and port.",
    },
  },
  "connect.timeout": {
    ...connect,
    rfc: "connection_timeout",
    status: 504,
    culprit: byRole("exit", "network"),
    confidence: 0.85,
    summary: "The hop did not answer TCP in time.",
    fix: { client: "Try again.", operator: "A firewall drops packets, the machine is off, or its accept queue is full." },
  },
  "connect.reset": {
    ...connect,
    rfc: "connection_refused",
    status: 502,
    culprit: byRole("exit", "network"),
    confidence: 0.8,
    summary: "The TCP connection was reset while it was opened.",
    fix: { client: "Try again.", operator: "Look for a middlebox between the gateway and the hop." },
  },
  "connect.host_unreachable": {
    ...connect,
    rfc: "destination_ip_unroutable",
    status: 502,
    culprit: byRole("exit", "network"),
    confidence: 0.85,
    summary: "No route leads to the hop's host.",
    fix: { client: "Try again.", operator: "The machine is off, or a firewall rejects; check its address." },
  },
  "connect.net_unreachable": {
    ...connect,
    rfc: "destination_ip_unroutable",
    status: 502,
    culprit: byRole("exit", "network"),
    confidence: 0.7,
    summary: "No route leads to the hop's network.",
    fix: { client: "Try again.", operator: "Check this machine's routes, and whether it has IPv6 at all." },
  },
  "connect.acl_denied": {
    ...connect,
    rfc: "proxy_configuration_error",
    status: 502,
    culprit: every("gateway"),
    retry: byRole("fresh-hop", "never"),
    summary: "This machine's own rules do not let the gateway connect there.",
    fix: { client: "Nothing to do on the client.", operator: "Check SELinux, seccomp and outgoing firewall rules." },
  },
};
