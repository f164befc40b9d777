import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/**
 * The addresses of this machine's network interfaces. Empty where the system does not tell: it takes a file descriptor to ask, and a process that
 * has none left has other things to say than that.
 */
export function interfaceAddresses(): readonly NetworkInterfaceInfo[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  } catch {
    return [];
  }
}
