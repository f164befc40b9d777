import type { Interruption } from "../core/ledger.ts";
import { connectTcp } from "../net/connect-tcp.ts";

/** `connectTcp` of the net layer, or what takes its place. */
export type ConnectTcp = typeof connectTcp;

/**
 * Dials as always, except for the addresses of `failures` (an IP address each): they fail as the kernel would make them fail
 * where loopback cannot (`EHOSTUNREACH`, `EMFILE`, `EADDRNOTAVAIL` …).
 */
export function fakeDialler(failures: Readonly<Record<string, Interruption>>): ConnectTcp {
  return async (addresses, port, options) => {
    const address = addresses[0] ?? "";
    const interruption = failures[address];
    return interruption ? { interruption, address } : connectTcp(addresses, port, options);
  };
}

/** A dialler with a bug. */
export const brokenDialler: ConnectTcp = async () => {
  throw new TypeError("the lab's dialler has a bug");
};
