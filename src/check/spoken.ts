import type { FaultId } from "../core/fault.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import type { Protocol } from "../wire/first-bytes.ts";
import type { Failed } from "./calls.ts";

/** Ports that proxies of one kind are mostly found on. */
const SOCKS5_PORTS: readonly number[] = [1080, 1081, 1085, 1086, 1088, 7891, 9050, 9150, 10800, 10808];
const SOCKS4_PORTS: readonly number[] = [4145, 5678];
const TLS_PORTS: readonly number[] = [443, 8443];

export function orderFor(port: number): readonly ExitScheme[] {
  if (SOCKS5_PORTS.includes(port)) return ["socks5", "http", "socks4", "https"];
  if (SOCKS4_PORTS.includes(port)) return ["socks4", "socks5", "http", "https"];
  return TLS_PORTS.includes(port) ? ["https", "http", "socks5", "socks4"] : ["http", "socks5", "socks4", "https"];
}

/** What a port that speaks one of them may speak besides: many listen for HTTP and SOCKS at once, few for TLS too. */
export function mayAlsoBe(scheme: ExitScheme, met: ExitScheme): boolean {
  return met !== "https" && scheme !== "https";
}

/** The scheme of the protocol that was answered in, or that an HTTP error asked for; null: nothing new. */
export function revealedBy({ attributed, spoken }: Failed): ExitScheme | null {
  if (spoken === "http" && attributed.fault.id === "handshake.not_a_proxy") {
    const wanted = WANTED[Number(attributed.fault.params["received-status"])];
    if (wanted !== undefined) return wanted;
  }
  return spoken === null ? null : (SCHEMES[spoken] ?? null);
}

/** By the status of a server that says so: "a plain HTTP request was sent to an HTTPS port", "Tor is not an HTTP Proxy". */
const WANTED: Readonly<Partial<Record<number, ExitScheme>>> = { 400: "https", 501: "socks5" };

const SCHEMES: Readonly<Partial<Record<Protocol, ExitScheme>>> = { http: "http", tls: "https", socks4: "socks4", socks5: "socks5" };

/** An HTTP answer to another protocol's greeting: whoever gives it knows no SOCKS. */
export function isNoProxy({ attributed }: Failed): boolean {
  return attributed.fault.id === "handshake.not_a_proxy" || attributed.fault.id === "tls.protocol_mismatch";
}

/** No other protocol would do better: it cannot be reached, or it has said in its protocol why it does not serve us. */
export function isFinal({ attributed, spoken }: Failed): boolean {
  const { id } = attributed.fault;
  if (UNREACHABLE.test(id)) return true;
  if (spoken === "socks5" || spoken === "socks4") return id.startsWith("handshake.") && !MAY_BE_ANOTHER.includes(id);
  return spoken === "http" && id.startsWith("handshake.") && id !== "handshake.connect_rejected" && !MAY_BE_ANOTHER.includes(id);
}

const UNREACHABLE = /^(?:connect|dns|gateway|client)\./;
const MAY_BE_ANOTHER: readonly FaultId[] = [
  "handshake.not_a_proxy",
  "handshake.socks_malformed",
  "handshake.bad_connect_reply",
  "handshake.closed",
  "handshake.reset",
  "handshake.timeout",
];

/** What whoever asks through an exit is answered in. */
export function protocolOf({ hops }: Exit): Protocol {
  return speaks((hops.at(-1) as ExitHop).scheme);
}

export function speaks(scheme: ExitScheme): Protocol {
  if (scheme === "http" || scheme === "https") return "http";
  return scheme.startsWith("socks4") ? "socks4" : "socks5";
}

/** What an `https` exit says before it speaks HTTP. */
export const SPOKEN_BELOW: Readonly<Partial<Record<ExitScheme, Protocol>>> = { https: "tls" };

/** It said nothing and closed. */
export function isClosed({ attributed, spoken }: Failed): boolean {
  return spoken === null && CLOSED.includes(attributed.fault.id);
}

const CLOSED: readonly FaultId[] = ["head.closed_empty", "head.reset", "handshake.closed", "handshake.reset", "tls.closed_in_handshake"];
