import { afterBytes, afterHead, fin, rst, says, silence } from "./behaviours.ts";
import { formatAnswer } from "./lab-http.ts";
import type { Behaviour } from "./lab-server.ts";

/** An HTTP exit that opens every tunnel and then goes on as `then` says, where the target should be. */
export function opensTunnel(then: Behaviour): Behaviour {
  return afterHead(says("HTTP/1.1 200 Connection established\r\n\r\n", then));
}

/** An HTTP exit that treats CONNECT one way and plain requests another. */
export function byMethod(connect: Behaviour, plain: Behaviour): Behaviour {
  return async (peer) => {
    const method = await peer.reader.peek(7);
    await (method.toString("latin1") === "CONNECT" ? connect(peer) : plain(peer));
  };
}

/** An exit that closes on a request without an answer, and serves the one that comes within `graceMs` of that; then it closes again. */
export function diesAtFirst(graceMs: number, otherwise: Behaviour): Behaviour {
  let diedAtMs = Number.NEGATIVE_INFINITY;
  return (peer) => {
    const isSecondTry = performance.now() - diedAtMs < graceMs;
    diedAtMs = isSecondTry ? Number.NEGATIVE_INFINITY : performance.now();
    return isSecondTry ? otherwise(peer) : afterHead(fin)(peer);
  };
}

/** What an exit makes of a tunnel that it opened well. */
export const BAD_TUNNELS: Readonly<Record<BadTunnel, Behaviour>> = {
  finAtOnce: opensTunnel(fin),
  rstAtOnce: opensTunnel(rst),
  finAfterHello: opensTunnel(afterBytes(fin)),
  rstAfterHello: opensTunnel(afterBytes(rst)),
  silentAfterHello: opensTunnel(silence),
  garbageAfterHello: opensTunnel(afterBytes(says(Buffer.from("9d03f1c6e84b7725aa00d1580c93bf6ee2", "hex"), fin))),
  /** Its own page in the place of the target's bytes, as captive portals and blocking filters send it. */
  pageAfterHello: opensTunnel(
    afterBytes(says(formatAnswer(200, { "Content-Type": "text/html" }, "<h1>Best proxies, click here</h1>\n"), fin)),
  ),
  alertAfterHello: opensTunnel(afterBytes(says(Buffer.from("15030300020228", "hex"), fin))), // fatal handshake_failure
};

export type BadTunnel =
  | "finAtOnce"
  | "rstAtOnce"
  | "finAfterHello"
  | "rstAfterHello"
  | "silentAfterHello"
  | "garbageAfterHello"
  | "pageAfterHello"
  | "alertAfterHello";

/** SOCKS exits that do not even answer as SOCKS says. */
export const BAD_SOCKS: Readonly<Record<BadSocks, Behaviour>> = {
  fin: afterBytes(fin),
  rst: afterBytes(rst),
  silence,
  wrongVersion: afterBytes(says(Buffer.of(7, 0), silence)),
  halfReply: afterBytes(says(Buffer.of(5), fin)),
  http: afterBytes(says(formatAnswer(400, { Server: "lab" }, "Bad Request\n"), fin)),
  noMethod: afterBytes(says(Buffer.of(5, 0xff), fin)),
  unknownMethod: afterBytes(says(Buffer.of(5, 0x7e), silence)),
  tlsAlert: afterBytes(says(Buffer.from("15030100020246", "hex"), fin)),
  sshBanner: says("SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n", silence),
};

export type BadSocks =
  | "fin"
  | "rst"
  | "silence"
  | "wrongVersion"
  | "halfReply"
  | "http"
  | "noMethod"
  | "unknownMethod"
  | "tlsAlert"
  | "sshBanner";
