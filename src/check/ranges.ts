import { isIPv4, isIPv6 } from "node:net";
import { formatHostPort } from "../core/address.ts";

/** The proxies that a line with a range stands for. */
export interface Range {
  readonly size: number;
  /** A line for each, in rising order of address, then port. */
  lines(): Generator<string>;
}

/**
 * Reads a line with a range of addresses, of ports or of both: `192.0.2.0/24:8080`, `socks5://192.0.2.10-192.0.2.20:1080-1085`,
 * `192.0.2.10-20:3128`, `[2001:db8::]/120:8080`; scheme, credentials and tags are those of each.
 * @returns null: there is no range in it. Or why it is none.
 */
export function readRange(line: string): Range | { readonly problem: string } | null {
  const parts = LINE.exec(line);
  const places = PLACES.exec(parts?.[2] ?? "");
  if (parts === null || places === null) return null;
  const [, v4 = "", v6 = "", to, bits, portText = "", portToText] = places;
  if (to === undefined && bits === undefined && portToText === undefined) return null;
  const addresses = v6 === "" ? readAddresses4(v4, to, bits) : readAddresses6(v6, to, bits);
  if (addresses === null) return { problem: "the range of addresses cannot be read: write 192.0.2.0/24 or 192.0.2.1-192.0.2.20" };
  const port = Number(portText);
  const portTo = Number(portToText ?? portText);
  if (port < 1 || portTo > PORT_MAX || portTo < port) return { problem: "the range of ports cannot be read: write 8000-8010" };
  const [, prefix = "", , suffix = ""] = parts;
  const ports = portTo - port + 1;
  return { size: Number(addresses.count) * ports, lines: () => lines(prefix, addresses, { port, portTo }, suffix) };
}

/** Scheme and credentials; places; tags and comment. */
const LINE = /^\s*((?:[a-z0-9]{1,8}:\/\/)?(?:[^\s@/]{1,512}@)?)([\d.:a-f[\]/-]{1,100})((?:\s.*)?)$/is;
const PLACES = /^(?:([\d.]{7,15})|\[([\da-f:.]{2,45})\])(?:-([\d.]{1,15}|\[[\da-f:.]{2,45}\])|\/(\d{1,3}))?:(\d{1,5})(?:-(\d{1,5}))?$/i;
const PORT_MAX = 0xffff;

interface Addresses {
  readonly first: bigint;
  readonly count: bigint;
  format(address: bigint): string;
}

function* lines(prefix: string, addresses: Addresses, ports: { port: number; portTo: number }, suffix: string): Generator<string> {
  const { first, count, format } = addresses;
  for (let address = first; address < first + count; address++) {
    const host = format(address);
    for (let { port } = ports; port <= ports.portTo; port++) yield `${prefix}${formatHostPort({ host, port })}${suffix}`;
  }
}

function readAddresses4(from: string, to: string | undefined, bits: string | undefined): Addresses | null {
  // 192.0.2.10-20: the last part alone.
  const end = to !== undefined && !to.includes(".") ? from.replace(/\d{1,3}$/, to) : to;
  if (!isIPv4(from) || (end !== undefined && !isIPv4(end))) return null;
  return toAddresses({ from: value4(from), to: end === undefined ? null : value4(end), bits, width: 32, format: format4 });
}

function readAddresses6(from: string, to: string | undefined, bits: string | undefined): Addresses | null {
  const end = to?.replace(/^\[|\]$/g, "");
  if (!isIPv6(from) || (end !== undefined && !isIPv6(end))) return null;
  return toAddresses({ from: value6(from), to: end === undefined ? null : value6(end), bits, width: 128, format: format6 });
}

interface Ends {
  readonly from: bigint;
  readonly to: bigint | null;
  readonly bits: string | undefined;
  readonly width: number;
  readonly format: (address: bigint) => string;
}

function toAddresses({ from, to, bits, width, format }: Ends): Addresses | null {
  if (to !== null) return to < from ? null : { first: from, count: to - from + 1n, format };
  if (bits === undefined) return { first: from, count: 1n, format };
  if (Number(bits) > width) return null;
  const count = 1n << BigInt(width - Number(bits));
  return { first: from - (from % count), count, format };
}

function value4(text: string): bigint {
  return text.split(".").reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function format4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 0xffn)).join(".");
}

function value6(text: string): bigint {
  // 64:ff9b::192.0.2.1: the last four bytes as IPv4 has them.
  const dotted = /[\d.]{1,15}$/.exec(text)?.[0] ?? "";
  const low = dotted.includes(".") ? value4(dotted) : null;
  const hex = low === null ? text : text.slice(0, -dotted.length) + [low >> 16n, low & 0xffffn].map((part) => part.toString(16)).join(":");
  const [head = "", tail] = hex.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].reduce((value, part) => value * 65_536n + BigInt(`0x${part}`), 0n);
}

function format6(address: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");
}
