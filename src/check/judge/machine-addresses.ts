import { networkInterfaces } from "node:os";
import { plainAddress } from "../../net/own-listener.ts";

/** Those by which others know this machine. */
export function machineAddresses(): string[] {
  const known = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...new Set(known.filter(({ internal }) => !internal).map(({ address }) => plainAddress(address)))];
}
