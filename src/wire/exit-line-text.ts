import { formatHostPort } from "../core/address.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import { exitId, ID_DIGITS } from "./exit-line.ts";

/** The exit as a line of an exit list, **with its passwords**: read again, it is the same exit. */
export function writeExitLine(exit: Exit): string {
  const { id, hops, tags, rotating, weight } = exit;
  const isNamed = exitId(exit, id.length) !== id || id.length < ID_DIGITS;
  const { vendor: _vendor, sessions: _sessions, ...others } = tags; // what they stand for is in the user name by now
  const words = [
    hops.map(writeHop).join(","),
    ...(isNamed ? [`id=${id}`] : []),
    ...Object.entries(others).map(([key, value]) => `${key}=${value}`),
    ...(hops.some(({ insecure }) => insecure) ? ["insecure=true"] : []),
    ...(rotating ? ["rotating=true"] : []),
    ...(weight === 1 ? [] : [`weight=${weight}`]),
  ];
  return words.join(" ");
}

function writeHop(hop: ExitHop): string {
  const { scheme, username, password } = hop;
  if (username === null) return `${scheme}://${formatHostPort(hop)}`;
  const secret = password === null ? "" : `:${encode(password)}`;
  return `${scheme}://${encode(username)}${secret}@${formatHostPort(hop)}`;
}

// A comma would start the next hop, and `'` and the like are left alone by encodeURIComponent, which is well.
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
