import { ipToBytes } from "./ip-bytes.ts";

/** A range of addresses: those that begin with the first `prefix` bits of `bytes` (4 or 16). */
export interface IpNetwork {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/**
 * Reads CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3); an address alone is a network of one.
 *
 * @throws Error that says what is wrong with the text
 */
export function parseIpNetwork(text: string): IpNetwork {
  const [address = "", length, ...more] = text.trim().split("/");
  const bytes = ipToBytes(address);
  if (bytes === null || more.length > 0) throw new Error(`"${text}" is no network: write 192.0.2.0/24, 2001:db8::/32 or one address`);
  const bits = bytes.length * 8;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bits)) throw new Error(`"${text}" is no network: behind the slash stands a number from 0 to ${bits}`);
  if (!isZeroBeyond(bytes, prefix)) {
    throw new Error(`"${text}" is no network: ${address} has bits beyond the first ${prefix}; write ${address}/${bits} for it alone`);
  }
  return { bytes, prefix };
}

/** Whether the bytes of an address of the same family lie in the network; of another family they never do. */
export function isInNetwork({ bytes, prefix }: IpNetwork, address: Uint8Array): boolean {
  if (address.length !== bytes.length) return false;
  const whole = prefix >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const mask = maskOf(prefix & 7);
  return mask === 0 || ((bytes[whole] as number) & mask) === ((address[whole] as number) & mask);
}

function isZeroBeyond(bytes: Uint8Array, prefix: number): boolean {
  const whole = prefix >> 3;
  return bytes.every((byte, i) => i < whole || (i === whole ? (byte & ~maskOf(prefix & 7)) === 0 : byte === 0));
}

/** The first `bits` of a byte. */
function maskOf(bits: number): number {
  return (0xff00 >> bits) & 0xff;
}
