import { type Fault, fault } from "../core/fault.ts";
import type { Interruption, Observation } from "../core/ledger.ts";
import type { ExitHop, ExitScheme } from "../core/route.ts";
import { adviseScheme, describeBytes, type Protocol, recogniseProtocol } from "../wire/first-bytes.ts";
import { SOCKS5_METHOD, SOCKS5_VERSION } from "../wire/socks-protocol.ts";
import { tellBytes, tellEnd } from "./seen-words.ts";
import { attributeLateTls } from "./tls-stage.ts";

/** A proxy handshake that the exit did not answer, or broke off. */
export function attributeHandshake(interruption: Interruption, seen: Observation, scheme: ExitScheme | null): Fault {
  if (interruption.how === "errno") {
    const late = attributeLateTls(interruption.code);
    if (late !== null) return late;
  }
  const other = notAProxy(seen, scheme);
  if (other !== null) return other;
  const details = `${tellEnd(interruption, seen)} in the ${scheme === null ? "proxy" : NAMES[scheme]} handshake; ${tellBytes(seen)}`;
  if (interruption.how === "timeout" || isTimedOut(interruption)) return fault("handshake.timeout", details);
  const doubt = isLoggingIn(seen, scheme) ? "; it had just been told user and password, which may be wrong" : "";
  return fault(interruption.how === "closed" ? "handshake.closed" : "handshake.reset", `${details}${doubt}`);
}

/** Another protocol than the exit's scheme promises; null where the bytes are none that we know, or as they should be. */
export function notAProxy(seen: Observation, scheme: ExitScheme | null): Fault | null {
  const protocol = recogniseProtocol(seen.firstBytes);
  if (protocol === null || scheme === null || protocol === EXPECTED[scheme]) return null;
  return fault("handshake.not_a_proxy", `${adviseScheme(protocol)} (answered ${describeBytes(seen.firstBytes)})`);
}

/** A SOCKS5 exit has asked for user and password, and has said nothing since. */
function isLoggingIn({ firstBytes: [version, method, ...more] }: Observation, scheme: ExitScheme | null): boolean {
  return scheme?.startsWith("socks5") === true && version === SOCKS5_VERSION && method === SOCKS5_METHOD.password && more.length === 0;
}

/** A SOCKS5 exit has agreed on the method, and on the login where it wants one, and has said nothing since it was told the target. */
export function isDialling({ firstBytes }: Observation, exit: ExitHop | null): boolean {
  if (exit?.scheme !== "socks5" && exit?.scheme !== "socks5h") return false;
  const [version, method, , loginStatus] = firstBytes;
  if (version !== SOCKS5_VERSION) return false;
  return method === SOCKS5_METHOD.none ? firstBytes.length === 2 : firstBytes.length === 4 && loginStatus === 0;
}

const EXPECTED: Readonly<Record<ExitScheme, Protocol>> = {
  http: "http",
  https: "http",
  socks4: "socks4",
  socks4a: "socks4",
  socks5: "socks5",
  socks5h: "socks5",
};

const NAMES: Readonly<Record<ExitScheme, string>> = {
  http: "CONNECT",
  https: "CONNECT",
  socks4: "SOCKS4",
  socks4a: "SOCKS4a",
  socks5: "SOCKS5",
  socks5h: "SOCKS5",
};

// The kernel's own time-out of a connection that was open (keep-alive probes, retransmissions).
function isTimedOut(interruption: Interruption): boolean {
  return interruption.how === "errno" && interruption.code === "ETIMEDOUT";
}
