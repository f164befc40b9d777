import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { interfaceAddresses } from "../../net/interface-addresses.ts";
import { parseHosts } from "../../net/system-names.ts";
import { type Listener, parseListeners } from "./listeners.ts";

/** What this machine says of itself, as far as it can be read without rights. */
export interface MachineFacts {
  readonly addresses: readonly string[];
  /** Null: not told here. */
  readonly listeners: readonly Listener[] | null;
  /** A route to everywhere; null: not told here. */
  readonly defaultRoute: { readonly v4: boolean; readonly v6: boolean } | null;
  /** SELinux forbids what its policy does not allow; it is there and lets all pass; null: there is none. */
  readonly selinux: "enforcing" | "permissive" | null;
  /** By name, in lower case. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** As `/etc/resolv.conf` has them. */
  readonly nameServers: readonly string[];
}

/** The texts that facts are made of; null: there is no such file. */
export interface MachineTexts {
  readonly tcp: string | null;
  readonly tcp6: string | null;
  readonly route: string | null;
  readonly route6: string | null;
  readonly enforce: string | null;
  readonly hosts: string | null;
  readonly resolvConf: string | null;
}

/** Reads what Linux tells; elsewhere most of it is null. */
export async function lookAtMachine(): Promise<MachineFacts> {
  const names = Object.keys(PATHS) as (keyof MachineTexts)[];
  const texts = await Promise.all(names.map(async (name) => [name, await textOf(PATHS[name])]));
  const addresses = interfaceAddresses().map(({ address }) => address);
  return factsOf(Object.fromEntries(texts), addresses, endianness() === "LE");
}

const PATHS: Readonly<Record<keyof MachineTexts, string>> = {
  tcp: "/proc/net/tcp",
  tcp6: "/proc/net/tcp6",
  route: "/proc/net/route",
  route6: "/proc/net/ipv6_route",
  enforce: "/sys/fs/selinux/enforce",
  hosts: "/etc/hosts",
  resolvConf: "/etc/resolv.conf",
};

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null;
  }
}

export function factsOf(texts: MachineTexts, addresses: readonly string[], isLittleEndian: boolean): MachineFacts {
  const { tcp, tcp6, route, route6, enforce, hosts, resolvConf } = texts;
  return {
    addresses,
    listeners: tcp === null && tcp6 === null ? null : parseListeners(tcp ?? "", tcp6 ?? "", isLittleEndian),
    defaultRoute: route === null ? null : { v4: DEFAULT_V4.test(route), v6: DEFAULT_V6.test(route6 ?? "") },
    selinux: enforce === null ? null : enforce.trim() === "1" ? "enforcing" : "permissive",
    hosts: parseHosts(hosts ?? ""),
    nameServers: [...(resolvConf ?? "").matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, address = ""]) => address),
  };
}

/** An interface, destination 0.0.0.0, and a mask that covers nothing. */
const DEFAULT_V4 = /^\S+\t00000000\t(?:\S+\t){5}00000000\t/m;
/** `::/0` by an interface that is not the one which only says no. */
const DEFAULT_V6 = /^0{32} 00 .* (?!lo$)\S+$/m;
