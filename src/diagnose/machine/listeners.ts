import { ipFromBytes, ipToBytes } from "../../wire/ip-bytes.ts";

/** A socket of this machine that waits for connections. */
export interface Listener {
  readonly family: 4 | 6;
  /** `0.0.0.0` or `::`: any. */
  readonly address: string;
  readonly port: number;
  /** Connections that the kernel has opened and the program has not accepted yet. */
  readonly waiting: number;
}

/**
 * The listening sockets of `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)); lines that are none are passed over.
 *
 * @param isLittleEndian the machine writes each four bytes of an address as one of its own numbers
 */
export function parseListeners(tcp: string, tcp6: string, isLittleEndian: boolean): readonly Listener[] {
  return [...linesOf(tcp, 4, isLittleEndian), ...linesOf(tcp6, 6, isLittleEndian)];
}

const LINE = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A [0-9A-F]{8}:([0-9A-F]{8}) /gm;

function linesOf(text: string, family: 4 | 6, isLittleEndian: boolean): Listener[] {
  return [...text.matchAll(LINE)].flatMap(([, hex = "", port = "", waiting = ""]) => {
    if (hex.length !== (family === 4 ? 8 : 32)) return [];
    const address = ipFromBytes(inOrder(Buffer.from(hex, "hex"), isLittleEndian));
    return [{ family, address, port: Number.parseInt(port, 16), waiting: Number.parseInt(waiting, 16) }];
  });
}

function inOrder(bytes: Buffer, isLittleEndian: boolean): Uint8Array {
  return isLittleEndian ? bytes.swap32() : bytes;
}

/** Whoever asks at this address is heard by it. A socket of `::` may take IPv4 too, or not: of that there is no word. */
export function hears({ family, address: own }: Listener, address: string): boolean {
  if (own === address) return true;
  return isAny(own) && family === (ipToBytes(address)?.length === 4 ? 4 : 6);
}

export function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
