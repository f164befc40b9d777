import { createSelfSigned } from "../../net/certificate.ts";
import { BAD_SOCKS, byMethod, opensTunnel } from "../bad-exits.ts";
import { afterBytes, afterHead, drips, fin, neverReads, rst, says, silence } from "../behaviours.ts";
import { startFullBacklog } from "../full-backlog.ts";
import { formatAnswer } from "../lab-http.ts";
import { type Behaviour, findClosedPort, type LabServer, startLabServer } from "../lab-server.ts";
import { type Refusal, refuses } from "../refusals.ts";
import { startSocksExit } from "../socks-exit.ts";
import { startSocksProxy } from "./socks-proxy.ts";
import { startPasswordProxy, startWebProxy } from "./web-proxy.ts";
import { dead, type ZooExpected, type ZooProxy, type ZooServer, zooProxy } from "./zoo-proxy.ts";

const NOT_A_PROXY = ["handshake.not_a_proxy", "head.not_http", "tls.protocol_mismatch", "handshake.socks_malformed"] as const;
const CLOSED = [
  "handshake.closed",
  "handshake.reset",
  "head.closed_empty",
  "head.reset",
  "tls.closed_in_handshake",
  "write.reset",
] as const;
const SILENT = ["handshake.timeout", "head.timeout", "tls.handshake_timeout"] as const;

/** Ports where no proxy is to be had, each with the reason that must be told. */
export const USELESS_PROXIES: readonly ZooProxy[] = [
  zooProxy("nobody listens", null, dead("connect.refused"), startNobody),
  zooProxy("the machine is silent", null, dead("connect.timeout"), startFullBacklog),
  bad("closes at once", fin, dead(...CLOSED)),
  bad("resets at once", rst, dead(...CLOSED, "connect.reset")),
  bad("closes on the first bytes", afterBytes(fin), dead(...CLOSED)),
  bad("resets on the first bytes", afterBytes(rst), dead(...CLOSED)),
  bad("says nothing", silence, dead(...SILENT)),
  bad("does not even read", neverReads, dead(...SILENT)),
  bad("is an SSH server", says("SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n", silence), { ...dead(...NOT_A_PROXY), tells: /SSH/ }),
  bad("is a mail server", says("220 mx.lab ESMTP Postfix\r\n", silence), { ...dead(...NOT_A_PROXY), tells: /SMTP/ }),
  bad("is Redis", afterBytes(says("-ERR unknown command 'GET'\r\n", silence)), { ...dead(...NOT_A_PROXY), tells: /Redis/ }),
  bad("says garbage", afterBytes(says(Buffer.from("9d03f1c6e84b7725aa00d1580c93bf6ee2", "hex"), fin)), dead(...NOT_A_PROXY)),
  bad(
    "writes chunks that are none, and takes no CONNECT",
    byMethod(
      afterHead(says(formatAnswer(405, { Server: "lab" }, ""), fin)),
      afterHead(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", fin)),
    ),
    dead("body.bad_chunk"),
  ),
  bad("is a web server that knows no such page", afterHead(says(formatAnswer(404, { Server: "lab" }, "no such page\n"), fin)), {
    state: "dead",
  }),
  bad("is a web server that wants no proxy requests", afterHead(says(formatAnswer(400, { Server: "lab" }, "bad\n"), fin)), {
    state: "dead",
  }),
  bad("is an edge that knows no such site", afterHead(says(formatAnswer(403, { Server: "cloudflare" }, "error code: 1003"), fin)), {
    ...dead("handshake.connect_rejected"),
    tells: /as a web server does/,
  }),
  zooProxy(
    "speaks TLS, where the line says http",
    "http",
    { ...dead("head.not_http", "handshake.not_a_proxy", "tls.protocol_mismatch", "handshake.closed", "head.closed_empty"), tells: /TLS/ },
    startTlsPort,
  ),
  zooProxy("speaks SOCKS, where the line says http", "http", { ...dead(...NOT_A_PROXY, ...CLOSED) }, () =>
    startSocksProxy({ versions: [5] }),
  ),
  zooProxy(
    "speaks HTTP, where the line says socks5",
    "socks5",
    { ...dead(...NOT_A_PROXY, "handshake.connect_rejected"), tells: /HTTP|"http"/ },
    () => startLabServer(BAD_SOCKS.http),
  ),
  zooProxy("wants a password, which the line has not", "http", dead("handshake.auth_required"), () => startPasswordProxy("lab", "right")),
  zooProxy("wants another password than the line has", "http", dead("handshake.auth_failed"), () => startPasswordProxy("lab", "right"), {
    user: "lab:wrong",
  }),
  zooProxy("wants a SOCKS5 password, which the line has not", null, dead("handshake.auth_required"), () =>
    startSocksProxy({ versions: [5], credentials: { username: "lab", password: "right" } }),
  ),
  zooProxy(
    "wants another SOCKS5 password than the line has",
    "socks5",
    dead("handshake.auth_failed"),
    () => startSocksProxy({ credentials: { username: "lab", password: "right" } }),
    { user: "lab:wrong" },
  ),
  socksReply(1, ["handshake.connect_rejected"]),
  socksReply(2, ["handshake.policy_denied"]),
  socksReply(3, ["handshake.target_unreachable", "handshake.exit_unavailable", "handshake.connect_rejected"]),
  socksReply(5, ["handshake.target_refused"]),
  refusal("denied403", ["handshake.policy_denied", "relay.blocked"]),
  refusal("rate429", ["handshake.rate_limited", "relay.rate_limited"]),
  refusal("bare502", [
    "handshake.exit_unavailable",
    "handshake.connect_rejected",
    "relay.exit_5xx",
    "handshake.connect_failed",
    "handshake.target_unreachable",
  ]),
  refusal("bare503", [
    "handshake.exit_unavailable",
    "handshake.connect_rejected",
    "relay.exit_5xx",
    "handshake.connect_failed",
    "handshake.target_unreachable",
  ]),
  refusal("squidDenied", ["handshake.policy_denied"]),
  refusal("squidRefused", ["handshake.target_refused"]),
  refusal("brightDataQuota", ["handshake.quota_exceeded"]),
  bad("wants a login of its network first", afterHead(says(formatAnswer(511, { "Content-Type": "text/html" }, "<h1>Login</h1>"), fin)), {
    state: "useless",
  }),
  bad(
    "cuts every answer in its middle",
    afterHead(says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html>", fin)),
    {
      state: "useless",
    },
  ),
  zooProxy("opens tunnels in which nobody is", "http", { state: "dead" }, () => startLabServer(opensTunnel(silence))),
  zooProxy("opens every tunnel and closes it", "http", { state: "dead" }, () =>
    startLabServer(byMethod(opensTunnel(fin), afterHead(says(formatAnswer(502, {}, ""), fin)))),
  ),
  zooProxy(
    "takes CONNECT alone, opens every tunnel and closes it",
    null,
    { ...dead("head.closed_empty", "tls.closed_in_handshake"), tells: /closed after/ },
    () => startLabServer(byMethod(opensTunnel(fin), afterHead(says(formatAnswer(405, { Allow: "CONNECT" }, ""), fin)))),
  ),
  zooProxy("says yes to every SOCKS request and then nothing", "socks5", { state: "dead" }, () => startSocksExit({ opened: silence })),
  zooProxy("says yes to every SOCKS request and closes", "socks5", { state: "dead" }, () => startSocksExit({ opened: fin })),
  zooProxy("has SOCKS without a method that we know", "socks5", dead("handshake.auth_required", "handshake.socks_malformed"), () =>
    startLabServer(BAD_SOCKS.noMethod),
  ),
];

/** What is sent to make a reader run out of time or memory. None may hold a check longer than its time, or take its memory. */
export const HOSTILE_PROXIES: readonly ZooProxy[] = [
  bad("drips its answer's head a byte at a time", afterBytes(drips(`HTTP/1.1 200 OK\r\nX-Slow: ${"x".repeat(10_000)}`, 50, fin)), {
    state: "dead",
  }),
  hostile(
    "drips its answer's body a byte at a time",
    says("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", drips("x".repeat(100_000), 50, fin)),
  ),
  hostile("sends a body without end", says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", endless("x".repeat(64 * 1024)))),
  hostile("sends a head without end", says("HTTP/1.1 200 OK\r\nX-A: ", endless("x".repeat(64 * 1024)))),
  hostile("sends fields without end", says("HTTP/1.1 200 OK\r\n", endless("X-A: 1\r\n".repeat(8192)))),
  hostile("sends a status line without end", says("HTTP/1.1 200 ", endless("O".repeat(64 * 1024)))),
  hostile("sends 100 Continue without end", endless("HTTP/1.1 100 Continue\r\n\r\n".repeat(2048))),
  hostile("sends empty lines without end", endless("\r\n".repeat(32 * 1024))),
  hostile("sends chunks without end", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", endless("1\r\nx\r\n".repeat(8192)))),
  hostile(
    "sends a chunk's extension without end",
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=", endless("x".repeat(64 * 1024))),
  ),
  hostile(
    "sends trailers without end",
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", endless("X-A: 1\r\n".repeat(8192))),
  ),
  hostile("promises 9 exabytes and sends none", says("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", silence)),
  hostile("promises more than numbers hold", says(`HTTP/1.1 200 OK\r\nContent-Length: ${"9".repeat(400)}\r\n\r\n`, silence)),
  hostile("sends two lengths", says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", fin)),
  hostile("sends a negative status", says("HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n", fin)),
  hostile("sends status 999", says("HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n", fin)),
  hostile("speaks HTTP/9.9", says("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", fin)),
  hostile("sends line feeds without carriage returns", says("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", fin)),
  hostile("sends zero bytes in a field", says("HTTP/1.1 200 OK\r\nX-A: \0\0\r\nContent-Length: 0\r\n\r\n", fin)),
  hostile(
    "sends escape sequences for terminals",
    says("HTTP/1.1 200 \x1b[31mOK\r\nX-A: \x1b]0;lab\x07\r\nContent-Length: 3\r\n\r\n\x1b[2J", fin),
  ),
  zooProxy("a SOCKS proxy that sends a name of 255 bytes, drop by drop", "socks5", { state: "useless" }, () =>
    startLabServer(
      afterBytes(
        says(Buffer.of(5, 0), afterBytes(drips(Buffer.concat([Buffer.of(5, 0, 0, 3, 255), Buffer.alloc(255, 0x61)]), 50, silence))),
      ),
    ),
  ),
  zooProxy("a SOCKS proxy that sends without end", "socks5", { state: "useless" }, () =>
    startLabServer(afterBytes(endless("\x05\x00".repeat(32 * 1024)))),
  ),
  zooProxy("a tunnel that sends without end", "http", { state: "useless" }, () =>
    startLabServer(opensTunnel(endless("x".repeat(64 * 1024)))),
  ),
  zooProxy("a TLS server that stops in its handshake", "https", dead("tls.handshake_timeout"), () =>
    startLabServer(afterBytes(says(Buffer.from("16030300", "hex"), silence))),
  ),
];

function bad(what: string, behave: Behaviour, expected: ZooExpected): ZooProxy {
  return zooProxy(what, null, expected, () => startLabServer(behave));
}

/** What comes of it may be a lie or a fault; that it ends is what counts. */
function hostile(what: string, answer: Behaviour): ZooProxy {
  return zooProxy(what, "http", { state: "useless" }, () => startLabServer(afterHead(answer)));
}

function endless(piece: string): Behaviour {
  const bytes = Buffer.from(piece, "latin1");
  return async (peer) => {
    for (;;) await peer.send(bytes);
  };
}

function socksReply(reply: number, fault: ZooExpected["fault"]): ZooProxy {
  const expected = { state: "dead", fault: fault ?? [], tells: new RegExp(`reply ${reply}`) } as const;
  return zooProxy(`answers every SOCKS5 request with reply ${reply}`, "socks5", expected, () => startSocksExit({ reply }));
}

function refusal(words: Refusal, fault: ZooExpected["fault"]): ZooProxy {
  const expected = { state: "dead", fault: fault ?? [] } as const;
  return zooProxy(`answers everything with ${words}`, "http", expected, () => startLabServer(refuses(words)));
}

async function startNobody(): Promise<ZooServer> {
  return { ...(await findClosedPort()), async [Symbol.asyncDispose]() {} };
}

function startTlsPort(): Promise<LabServer> {
  return startWebProxy({}, createSelfSigned({ names: ["127.0.0.1"] }));
}
