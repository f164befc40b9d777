/** Of what a peer sends: enough to tell its protocol by, and to quote. */
export const FIRST_BYTES_MAX = 64;

/**
 * `known` with as much of `chunk` behind it as is wanted, in memory of its own: a piece of Node's pool would hold 64 KiB of it, and the start of a
 * chunk the whole chunk, for as long as the connection is open.
 */
export function withFirstOf(known: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (known.length >= FIRST_BYTES_MAX) return known;
  const first = new Uint8Array(Math.min(FIRST_BYTES_MAX, known.length + chunk.length));
  first.set(known);
  first.set(chunk.subarray(0, FIRST_BYTES_MAX - known.length), known.length);
  return first;
}
