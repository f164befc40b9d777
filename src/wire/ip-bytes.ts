import { isIP } from "node:net";

/** The 4 or 16 bytes of an address literal as protocols carry it; null where the text is none, or has a zone. */
export function ipToBytes(text: string): Uint8Array | null {
  const version = isIP(text);
  if (version === 4) return Uint8Array.from(text.split("."), Number);
  if (version === 6 && !text.includes("%")) return ipv6ToBytes(text);
  return null;
}

/** The literal of 4 or 16 bytes in its one canonical form (RFC 5952, without brackets). */
export function ipFromBytes(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : ipv6FromBytes(bytes);
}

function ipv6ToBytes(text: string): Uint8Array {
  const [before = "", after] = expandDotted(text).split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const gap: number[] = new Array(8 - head.length - tail.length).fill(0);
  return Uint8Array.from([...head, ...gap, ...tail].flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`. */
function expandDotted(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  if (!text.includes(".", start)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = text.slice(start).split(".").map(Number);
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function ipv6FromBytes(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  // RFC 5952 5: an IPv4-mapped address shows the IPv4 address.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${bytes.subarray(12).join(".")}`;
  const { start, length } = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
