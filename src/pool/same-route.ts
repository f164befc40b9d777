import type { Exit, ExitHop } from "../core/route.ts";

/** Whether what is known of one is known of the other: the same hops, with the same credentials. */
export function isSameRoute({ hops: a }: Exit, { hops: b }: Exit): boolean {
  return a === b || (a.length === b.length && a.every((hop, i) => isSameHop(hop, b[i] as ExitHop)));
}

function isSameHop(a: ExitHop, b: ExitHop): boolean {
  if (a.scheme !== b.scheme || a.host !== b.host || a.port !== b.port) return false;
  return a.username === b.username && a.password === b.password && a.insecure === b.insecure;
}
