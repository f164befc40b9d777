import { setTimeout as delay } from "node:timers/promises";
import { createSelfSigned } from "../../net/certificate.ts";
import { afterBytes, fin, firstly } from "../behaviours.ts";
import { formatAnswer } from "../lab-http.ts";
import { startLabServer } from "../lab-server.ts";
import { REFUSALS } from "../refusals.ts";
import { type Carried, Carrier, carriedValue, findLoopback, replaced, withField, writeCarried } from "./carrier.ts";
import { mixedProxy, startSocksProxy } from "./socks-proxy.ts";
import { readsAlong, startPasswordProxy, startWebProxy, webProxy } from "./web-proxy.ts";
import { works, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

/** Proxies that pass on what they are given, each in its own way: none of them may be called a liar. */
export const HONEST_PROXIES: readonly ZooProxy[] = [
  zooProxy("an HTTP proxy with nothing to hide", null, works({ protocols: ["http"], anonymity: "elite", can: all(true) }), () =>
    startWebProxy(),
  ),
  zooProxy(
    "an HTTPS proxy under a certificate of its own",
    "https",
    works({ protocols: ["https"], can: { http: true, https: true } }),
    () => startWebProxy({}, createSelfSigned({ names: ["127.0.0.1"] })),
    { tags: "insecure=true" },
  ),
  zooProxy(
    "an HTTPS proxy under a certificate of its own, whose line names no scheme",
    null,
    works({ protocols: ["https"] }),
    () => startWebProxy({}, createSelfSigned({ names: ["127.0.0.1"] })),
    { tags: "insecure=true" },
  ),
  zooProxy("HTTP and SOCKS4 on one port, which answers SOCKS5 as SOCKS4", null, works({ protocols: ["http", "socks4", "socks4a"] }), () => {
    const mixed = mixedProxy({ versions: [4] }, webProxy(new Carrier()));
    return startLabServer(async (peer) => {
      const [first] = await peer.reader.peek(1);
      if (first !== 5) return mixed(peer);
      await peer.send(Buffer.of(0, 91, 0, 0, 0, 0, 0, 0));
      await peer.end();
    });
  }),
  zooProxy(
    "a SOCKS proxy for all versions",
    null,
    works({ protocols: ["socks4", "socks4a", "socks5", "socks5h"], anonymity: "elite" }),
    () => startSocksProxy(),
  ),
  zooProxy("a SOCKS5 proxy that knows no SOCKS4", null, works({ protocols: ["socks5", "socks5h"] }), () =>
    startSocksProxy({ versions: [5] }),
  ),
  zooProxy("a SOCKS4 proxy that knows no SOCKS5", null, works({ protocols: ["socks4", "socks4a"] }), () =>
    startSocksProxy({ versions: [4] }),
  ),
  zooProxy("a SOCKS proxy without names", null, works({ protocols: ["socks4", "socks5"], can: { remoteDns: false } }), () =>
    startSocksProxy({ addressesOnly: true }),
  ),
  zooProxy("a SOCKS proxy without IPv6", "socks5", works({ can: { ipv6: false } }), () => startSocksProxy({ noIpv6: true })),
  zooProxy("a SOCKS proxy that says yes before it tries", "socks5h", works({ can: { https: true } }), () =>
    startSocksProxy({ optimistic: true }),
  ),
  zooProxy("HTTP and SOCKS on one port", null, works({ protocols: ["http", "socks4", "socks4a", "socks5", "socks5h"] }), () =>
    startLabServer(mixedProxy({}, webProxy(new Carrier()))),
  ),
  zooProxy("a proxy with a password, which the line has", "http", works(), () => startPasswordProxy("lab", "right"), { user: "lab:right" }),
  zooProxy(
    "a SOCKS5 proxy with a password, which the line has",
    "socks5",
    works(),
    () => startSocksProxy({ credentials: { username: "lab", password: "right" } }),
    { user: "lab:right" },
  ),
  zooProxy("a proxy that closes after each answer", "http", works({ can: { keepAlive: false, http: true } }), () =>
    startWebProxy({ closes: true }),
  ),
  zooProxy("a proxy that says it keeps connections, and closes them", "http", works({ can: { ...all(true), keepAlive: false } }), () =>
    startWebProxy({ answer: (answer) => writeCarried(answer, "keep-alive") }),
  ),
  zooProxy("a proxy for tunnels alone", "http", works({ can: { http: false, https: true } }), () =>
    startWebProxy({ instead: () => formatAnswer(405, { Allow: "CONNECT" }, "tunnels only\n") }),
  ),
  zooProxy("a proxy for plain requests alone", "http", works({ can: { http: true, connectOther: false } }), () =>
    startWebProxy({ refuses: () => REFUSALS.denied403 }),
  ),
  zooProxy("a proxy that tunnels to port 443 alone", "http", works({ can: { http: true, connectOther: false } }), () =>
    startWebProxy({ refuses: ({ port }) => (port === 443 ? null : REFUSALS.squidDenied) }),
  ),
  zooProxy("a proxy that leaves from another address each time", "http", works({ rotates: true }), () =>
    startWebProxy({ from: (connections) => `127.0.0.${10 + (connections % 100)}` }),
  ),
  zooProxy("a proxy that leaves from one other address", "socks5", works({ rotates: false }), () =>
    startSocksProxy({}, { from: () => "127.0.0.77" }),
  ),
  zooProxy("a proxy that resolves no names", "http", works({ can: { remoteDns: false } }), () =>
    startWebProxy({ way: (to) => (to.host === "localhost" ? null : findLoopback(to)) }),
  ),
  zooProxy("a proxy that takes its time", "http", works(), () => startSlow(150)),
  zooProxy("a proxy that takes most of the time there is", "http", works(), () => startSlow(1500)),
  zooProxy("a proxy that resets every third connection", "http", works(), () => startFlaky(3)),
  zooProxy("a proxy that closes its first connection", "http", works({ can: all(true) }), () =>
    startLabServer(firstly(1, afterBytes(fin), webProxy(new Carrier()))),
  ),
  zooProxy("a proxy that serves six requests and then says 429", "http", works(), () =>
    startWebProxy({ instead: (_, { total }) => (total > 6 ? REFUSALS.rate429 : null) }),
  ),
  zooProxy("a proxy that answers a name that does not exist with its own page of status 503", "http", works(), () =>
    startWebProxy({ way: (to) => (to.host.endsWith(".invalid") ? null : findLoopback(to)) }),
  ),
  zooProxy("a cache that says so, as Squid does", "http", works({ anonymity: "anonymous" }), () =>
    startWebProxy({ request: (request) => withField(request, "Via", "1.1 cache.lab (squid/5.7)"), answer: asSquid }),
  ),
  zooProxy("a proxy that writes field names small", "http", works({ anonymity: "elite" }), () =>
    startWebProxy({ request: withSmallNames, answer: withSmallNames }),
  ),
  zooProxy(
    "a proxy that reads along in plain tunnels, and changes nothing",
    "http",
    works({ tells: /reads along in plain tunnels/ }),
    () => {
      const inside = new Carrier();
      return startWebProxy({ tunnel: (peer, to) => readsAlong(peer, to, inside) });
    },
  ),
  zooProxy("a SOCKS proxy that reads along, and changes nothing", "socks5", works({ tells: /reads along in plain tunnels/ }), () => {
    const inside = new Carrier();
    return startSocksProxy({}, { tunnel: (peer, to) => readsAlong(peer, to, inside) });
  }),
  zooProxy("a proxy that answers in chunks", "http", works(), () => startWebProxy({ answer: inChunks })),
  zooProxy("a proxy that answers as HTTP/1.0", "http", works(), () => startWebProxy({ answer: asHttp10 })),
  zooProxy("a proxy that drops the reason phrase", "http", works(), () =>
    startWebProxy({ answer: (answer) => ({ ...answer, line: [answer.line[0], answer.line[1], ""] }) }),
  ),
  zooProxy("a proxy that writes media types its own way", "http", works(), () =>
    startWebProxy({
      answer: (answer) =>
        replaced(answer, "content-type", (carriedValue(answer, "content-type") ?? "").replace("; ", ";").replace("utf-8", '"UTF-8"')),
    }),
  ),
  zooProxy("a proxy that offers HTTP/2, as Apache does, and says that nothing is packed", "http", works(), () =>
    startWebProxy({ answer: (answer) => withField(withField(answer, "Upgrade", "h2,h2c"), "Content-Encoding", "identity") }),
  ),
  zooProxy("a proxy that sorts the fields", "http", works(), () => startWebProxy({ request: sorted, answer: sorted })),
  zooProxy("a proxy that continues first, though nobody asked", "http", works(), () =>
    startWebProxy({ answer: (answer) => Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), closing(answer)]) }),
  ),
];

function all(can: boolean): Readonly<Record<string, boolean>> {
  return { http: can, https: can, connectOther: can, keepAlive: can, remoteDns: can };
}

function startSlow(everyMs: number): ReturnType<typeof startLabServer> {
  const serve = webProxy(new Carrier());
  return startLabServer(async (peer) => {
    await delay(everyMs, undefined, { ref: false });
    await serve(peer);
  });
}

function startFlaky(everyth: number): ReturnType<typeof startLabServer> {
  const serve = webProxy(new Carrier());
  let connections = 0;
  return startLabServer(async (peer) => {
    connections += 1;
    if (connections % everyth === 0) return peer.reset();
    await serve(peer);
  });
}

function asSquid(answer: Carried): Carried {
  const more = [
    ["Age", "0"],
    ["X-Cache", "MISS from cache.lab"],
    ["X-Cache-Lookup", "MISS from cache.lab:3128"],
    ["Via", "1.1 cache.lab (squid/5.7)"],
  ] as const;
  return { ...answer, fields: [...answer.fields, ...more] };
}

function withSmallNames(message: Carried): Carried {
  return { ...message, fields: message.fields.map(([name, value]) => [name.toLowerCase(), value]) };
}

function sorted(message: Carried): Carried {
  return { ...message, fields: message.fields.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

function inChunks(answer: Carried): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < answer.body.length; at += 100) {
    const piece = answer.body.subarray(at, at + 100);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  return Buffer.concat([
    headOf(answer, "HTTP/1.1", ["Transfer-Encoding: chunked", "Connection: close"]),
    ...pieces,
    Buffer.from("0\r\n\r\n"),
  ]);
}

function asHttp10(answer: Carried): Buffer {
  return Buffer.concat([headOf(answer, "HTTP/1.0", []), answer.body]);
}

function closing(answer: Carried): Buffer {
  return Buffer.concat([headOf(answer, "HTTP/1.1", ["Connection: close"]), answer.body]);
}

function headOf({ line, fields }: Carried, version: string, more: readonly string[]): Buffer {
  const kept = fields.filter(([name]) => !["content-length", "connection", "transfer-encoding", "keep-alive"].includes(name.toLowerCase()));
  const lines = [`${version} ${line[1]} ${line[2]}`, ...kept.map(([name, value]) => `${name}: ${value}`), ...more];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
