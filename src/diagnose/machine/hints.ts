import { formatHostPort } from "../../core/address.ts";
import type { FaultId } from "../../core/fault.ts";
import type { Correction } from "./correction.ts";
import { hears, isAny, type Listener } from "./listeners.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { doesNotAccept, droppedHere, ledOnOrDropped, listensElsewhere, refusedAllTheSame } from "./readings.ts";

/** Something to look at on a machine that the user can log in to. */
export interface Hint {
  /** What is so, or may be so. */
  readonly words: string;
  /** What shows it. */
  readonly command: string;
  /** `here`: read on this machine; `there`: to be run on the hop's. */
  readonly at: "here" | "there";
}

/** A hint, and what it makes of the verdict where it proves something. */
export interface Finding extends Hint {
  readonly proves?: Correction;
}

/** The hop that was dialled from here and failed. */
export interface Dialled {
  readonly fault: FaultId;
  /** As its line or the URL names it. */
  readonly host: string;
  readonly port: number;
  /** Where that led; the first is the one that is told of. */
  readonly addresses: readonly string[];
}

/** What of this machine, or of the hop's, explains that it failed. Pure. */
export function hintsOf(dialled: Dialled, facts: MachineFacts): readonly Finding[] {
  const [address] = dialled.addresses;
  if (address === undefined) return [];
  switch (dialled.fault) {
    case "connect.refused":
      return isOwn(address, facts) ? refusedHere(dialled, address, facts) : refusedThere(dialled.port);
    case "connect.timeout":
      return isOwn(address, facts) ? unheardHere(dialled, address, facts) : unheardThere(dialled.port, address);
    case "connect.host_unreachable":
      return [here(`No machine answers at ${address}, or a firewall rejects it.`, `ip route get ${address}; ip neigh show to ${address}`)];
    case "connect.net_unreachable":
      return [unroutable(address, facts)];
    case "connect.acl_denied":
      return [forbidden(facts)];
    case "handshake.timeout":
    case "head.timeout":
    case "tls.handshake_timeout":
      return isOwn(address, facts) ? notAccepted(dialled, address, facts) : [];
    default:
      return [];
  }
}

function isOwn(address: string, { addresses }: MachineFacts): boolean {
  return addresses.includes(address) || address.startsWith("127.") || address === "::1";
}

function refusedHere({ port, host }: Dialled, address: string, { listeners }: MachineFacts): readonly Finding[] {
  if (listeners === null) return [here(`Who listens on port ${port} of this machine?`, whoListens(port))];
  const atPort = listeners.filter((one) => one.port === port);
  if (atPort.length === 0)
    return [here(`Nobody listens on port ${port} of this machine: the program is not up, or has another port.`, whoListens(port))];
  if (atPort.some((one) => hears(one, address))) {
    const words = `A program listens on ${shown(atPort)} and the connection was refused all the same: a firewall rejects it, or the program came up since.`;
    return [
      { ...here(words, `nft list ruleset | grep -n reject; iptables-save | grep REJECT`), proves: refusedAllTheSame(port, shown(atPort)) },
    ];
  }
  return [elsewhere({ port, host }, address, atPort)];
}

/** A program listens there by the other family, or at another address. */
function elsewhere({ port, host }: Pick<Dialled, "port" | "host">, address: string, atPort: readonly Listener[]): Finding {
  const family = family6(address) ? "IPv6" : "IPv4";
  const isOther = atPort.every((one) => (one.family === 6) !== family6(address));
  const heard = atPort.find((one) => !isAny(one.address)) ?? (atPort[0] as Listener);
  const instead =
    heard.family === 6 ? (isAny(heard.address) ? "[::1]" : `[${heard.address}]`) : isAny(heard.address) ? "127.0.0.1" : heard.address;
  const what = isOther ? `by ${heard.family === 6 ? "IPv6" : "IPv4"} alone` : "at another address alone";
  const asked = host === address ? address : `${host}, which is ${address}`;
  const ask = atPort.length > SHOWN_MAX ? "Ask one of these" : `Ask ${instead}:${port}`;
  const any = family6(address) ? "::" : "0.0.0.0";
  const words = `A program listens on ${shown(atPort)}, ${what}; what was asked is ${asked} (${family}). ${ask}, or let it listen on ${any}.`;
  return {
    ...here(words, whoListens(port)),
    proves: listensElsewhere(formatHostPort({ host: address, port }), { shown: shown(atPort), what, ask, any }),
  };
}

function unheardHere(dialled: Dialled, address: string, facts: MachineFacts): readonly Finding[] {
  const full = notAccepted(dialled, address, facts);
  if (full.length > 0) return full;
  const { port } = dialled;
  const { listeners } = facts;
  const isHeard = listeners?.some((one) => one.port === port && hears(one, address)) !== false;
  // Ports of containers are led on without a socket here.
  const words = isHeard
    ? `A firewall of this machine drops what comes to port ${port}: else it would be refused or answered.`
    : `Nobody listens on port ${port} of this machine, and it is not refused: a firewall drops it, or a rule leads it on to a container or a machine that is silent.`;
  const proves = listeners === null ? {} : { proves: isHeard ? droppedHere(port) : ledOnOrDropped(port) };
  return [{ ...here(words, FIREWALL), ...proves }];
}

/** The kernel opens connections by itself; then they wait for the program. One that listens on `::` alone would have refused IPv4. */
function notAccepted({ port, fault }: Dialled, address: string, { listeners }: MachineFacts): readonly Finding[] {
  const listener = listeners?.find((one) => one.port === port && (hears(one, address) || one.address === "::") && one.waiting > 0);
  if (listener === undefined) return [];
  const { waiting } = listener;
  const words = `The program on port ${port} does not accept: ${waiting} connection${waiting === 1 ? " waits" : "s wait"} in its queue. It hangs or has too few workers.`;
  const command = `ss -ltn 'sport = :${port}'   # Recv-Q is the queue, Send-Q its limit`;
  return [{ ...here(words, command), proves: doesNotAccept(port, waiting, fault === "connect.timeout") }];
}

function refusedThere(port: number): readonly Finding[] {
  return [
    there(`Does a program listen on port ${port}, and at an address that others reach (not 127.0.0.1 or ::1 alone)?`, whoListens(port)),
    there("Does a firewall reject it?", `nft list ruleset | grep -n reject; iptables-save | grep REJECT`),
  ];
}

function unheardThere(port: number, address: string): readonly Finding[] {
  return [
    there("Does a firewall drop it? One that rejects would be told as refused, at once.", FIREWALL),
    there("Is its queue of connections full (Recv-Q above Send-Q)?", `ss -ltn 'sport = :${port}'`),
    here("Does the way lead there at all?", `ip route get ${address}; tracepath -n ${address}`),
  ];
}

function unroutable(address: string, { defaultRoute }: MachineFacts): Hint {
  const isV6 = family6(address);
  const command = isV6 ? "ip -6 route show default; ip -6 address" : "ip route show default; ip address";
  const has = isV6 ? defaultRoute?.v6 : defaultRoute?.v4;
  if (has === false) return here(`This machine has no default route for ${isV6 ? "IPv6" : "IPv4"}.`, command);
  return here(`No route of this machine leads to ${address}.`, `ip route get ${address}`);
}

function forbidden({ selinux }: MachineFacts): Hint {
  if (selinux === "enforcing") {
    const words =
      "SELinux is enforcing here and may forbid this program to connect there; for a web server, httpd_can_network_connect allows it.";
    return here(words, "ausearch -m avc -ts recent; setsebool -P httpd_can_network_connect 1");
  }
  return here(
    "A rule of this machine for outgoing connections forbids it, or a limit of its service.",
    `${FIREWALL}; systemctl show UNIT -p IPAddressDeny`,
  );
}

const FIREWALL = "nft list ruleset; iptables-save";

function whoListens(port: number): string {
  return `ss -ltnp 'sport = :${port}'`;
}

/** So many are told; a machine may have one at each of its addresses. */
const SHOWN_MAX = 3;

function shown(listeners: readonly Listener[]): string {
  const all = [...new Set(listeners.map(({ address, port }) => formatHostPort({ host: address, port })))];
  const more = all.length - SHOWN_MAX;
  return all.slice(0, SHOWN_MAX).join(" and ") + (more > 0 ? ` and ${more} more` : "");
}

function family6(address: string): boolean {
  return address.includes(":");
}

function here(words: string, command: string): Hint {
  return { words, command, at: "here" };
}

function there(words: string, command: string): Hint {
  return { words, command, at: "there" };
}
