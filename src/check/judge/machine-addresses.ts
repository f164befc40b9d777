import { interfaceAddresses } from "../../net/interface-addresses.ts";
import { plainAddress } from "../../net/own-listener.ts";

/** Those by which others know this machine. */
export function machineAddresses(): string[] {
  return [
    ...new Set(
      interfaceAddresses()
        .filter(({ internal }) => !internal)
        .map(({ address }) => plainAddress(address)),
    ),
  ];
}
