import type { FaultId } from "../core/fault.ts";

/**
 * How an attempt fails, seen from far enough that it is the same through whatever software the exit runs: the target was not reached, somebody
 * fell silent, what was reached ended without an answer, or the answer is one of failure.
 */
export type Manner = "unreached" | "silence" | "end" | "answer";

/** A failure's manner. */
export function mannerOf(id: FaultId): Manner {
  if (id.endsWith("timeout")) return "silence";
  if (id.startsWith("relay.")) return "answer";
  return id.startsWith("handshake.") || id.startsWith("connect.") || id.startsWith("dns.") ? "unreached" : "end";
}
