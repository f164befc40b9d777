import type { Fault } from "../core/fault.ts";
import { fault } from "../core/fault.ts";
import type { Observation } from "../core/ledger.ts";
import type { ExitScheme } from "../core/route.ts";
import { describeBytes, PROTOCOL_NAMES, recogniseProtocol } from "../wire/first-bytes.ts";
import { notAProxy } from "./handshake-stage.ts";
import { notTls } from "./tls-stage.ts";

/**
 * A codec's own finding, together with what came first on the wire: bytes of a protocol that we know mean that we were told wrongly
 * who answers there, and name the scheme to use.
 */
export function refineMalformed(found: Fault, seen: Observation, scheme: ExitScheme | null): Fault {
  switch (found.id) {
    case "handshake.bad_connect_reply":
    case "handshake.socks_malformed":
      return notAProxy(seen, scheme) ?? found;
    case "tls.malformed":
      return notTls(seen, scheme) ?? found;
    case "head.not_http":
    case "head.bad_status_line":
      return notHttp(found, seen);
    default:
      return found;
  }
}

function notHttp(found: Fault, { firstBytes, role }: Observation): Fault {
  const protocol = recogniseProtocol(firstBytes);
  if (protocol === null || protocol === "http") return found;
  const use =
    protocol === "tls"
      ? "use https://"
      : protocol === "socks4" || protocol === "socks5"
        ? `use ${protocol}://`
        : role === "exit"
          ? "it is no proxy"
          : "use another port or scheme";
  const what = role === "exit" ? "the exit's port" : "the port";
  const details = `${what} speaks ${PROTOCOL_NAMES[protocol]}: ${use} (answered ${describeBytes(firstBytes)})`;
  return fault("head.not_http", details, { params: found.params, culprit: "gateway", confidence: 0.95 });
}
