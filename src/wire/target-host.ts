import { ipFromBytes, ipToBytes } from "./ip-bytes.ts";

/**
 * A target's host as a client may name it: a DNS name in lower case, or an address literal in its canonical form, without brackets; null
 * where it is neither. Names that resolvers would read as an address (`127.1`, `0x7f000001`, `2130706433`) are refused, since checks of
 * literals would not see the address in them.
 */
export function parseTargetHost(text: string): string | null {
  const address = ipToBytes(text);
  if (address !== null) return ipFromBytes(address);
  const name = text.toLowerCase();
  if (name.length > NAME_CHARS_MAX || !NAME.test(name) || ENDS_IN_NUMBER.test(name)) return null;
  return name;
}

/** RFC 1035 3.1, as text, with the root's dot. */
const NAME_CHARS_MAX = 254;

/** RFC 1123 2.1, and the underscore that DNS has in practice. */
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/;

/** https://url.spec.whatwg.org/#ends-in-a-number-checker */
const ENDS_IN_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/;
