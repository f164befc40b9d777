import type { Interruption } from "../core/ledger.ts";

/**
 * The single translation of what Node, OpenSSL and the resolver throw: by code, never by message.
 *
 * A code that says how the connection went becomes that; every other one is kept as it is, for attribution to read with the
 * stage (`ECONNREFUSED` in stage `dns` is the resolver's, in stage `connect` the hop's). An error without a code is `UNKNOWN`.
 */
export function interruptionOf(error: unknown): Interruption {
  const code = codeOf(error);
  switch (code) {
    case "ECONNRESET":
    case "EPIPE": // a write after the peer's RST, or after its FIN was answered by one
    case "ECONNABORTED":
      return { how: "reset" };
    case "ERR_STREAM_PREMATURE_CLOSE":
    case "ERR_SOCKET_CLOSED":
    case "ERR_STREAM_DESTROYED":
    case "ECANCELED": // a write that was under way when its socket was closed on this side
      return { how: "closed" };
    case "ABORT_ERR":
      return { how: "left" };
    default:
      return { how: "errno", code };
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  // An AbortSignal's own reason is a DOMException, whose code is a number.
  if ("name" in error && error.name === "AbortError") return "ABORT_ERR";
  return "UNKNOWN";
}
