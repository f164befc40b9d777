import type { HostPort } from "../../core/address.ts";
import { type LabConnection, splice } from "../lab-connection.ts";
import { type Carried, Carrier, carriedValue, replaced, type Seen, withField } from "./carrier.ts";
import { startSocksProxy } from "./socks-proxy.ts";
import { readsAlong, startWebProxy } from "./web-proxy.ts";
import { works, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

/** Proxies that carry well and tell the target something: who asks, or at least that a proxy does. */
export const TELLING_PROXIES: readonly ZooProxy[] = [
  transparent("X-Forwarded-For", (client) => client),
  transparent("X-Forwarded-For", (client) => `198.51.100.7, ${client}`),
  transparent("Forwarded", (client) => `for=${client};proto=http`),
  transparent("Forwarded", (client) => `for="[::ffff:${client}]:4711"`),
  transparent("X-Real-IP", (client) => client),
  transparent("Client-IP", (client) => client),
  transparent("True-Client-IP", (client) => client),
  transparent("Via", (client) => `1.1 exit (for ${client})`),
  transparent("X-Trace", (client) => `req-9f2c ${client}:52144`),
  transparent("X-Client-Id", (client) => Buffer.from(client).toString("base64")),
  transparent("X-Client-Id", (client) => Buffer.from(octets(client)).toString("hex")),
  transparent("X-Client-Id", (client) => Buffer.from(octets(client)).toString("hex").toUpperCase()),
  transparent("X-Client-Id", (client) => `0x${Buffer.from(octets(client)).toString("hex")}`),
  transparent("X-Client-Id", (client) => String(Buffer.from(octets(client)).readUInt32BE())),
  transparent("X-Client-Id", (client) => client.replaceAll(".", "%2E")),
  transparent("X-Client-Id", (client) => client.replaceAll(".", "-")),
  transparent("X-Client-Id", (client) => client.replaceAll(".", ", ")),
  transparent("X-Client-Id", (client) => client.replaceAll(".", "[.]")),
  transparent("X-Client-Id", (client) => `::ffff:${mapped(client)}`),
  transparent("X-Client-Id", (client) => `0000:0000:0000:0000:0000:ffff:${mapped(client)}`),
  transparent("X-Client-Id", (client) =>
    octets(client)
      .map((octet) => String(octet).padStart(3, "0"))
      .join("."),
  ),
  transparent("X-Client-Id", (client) => Buffer.from(client).toString("hex")),
  transparent("X-Client-Id", (client) => Buffer.from(octets(client)).toString("base64")),
  transparent("X-Client-Id", (client) => [...client].toReversed().join("")),
  transparent("X-Client-Id", (client) => `${octets(client).toReversed().join("-")}.dsl.lab`),
  transparent("X-Client-Id", (client) => Buffer.from([1, 2, ...octets(client), 3, 4, 5, 6]).toString("base64")),
  transparent("X-Client-Id", (client) => `[${octets(client).join(" | ")}]`),
  transparent("X-Client-Id", (client) => octets(client).join(" dot ")),
  zooProxy("tells who asks in pieces", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({
      request: (request, { client }) => {
        const [a, b, c, d] = octets(client);
        return withField(withField(request, "X-Net", `${a}.${b}`), "X-Line", `${c}.${d}`);
      },
    }),
  ),
  zooProxy("tells who asks for downloads alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, seen) => (/\.exe\?/.test(request.line[1]) ? told(request, seen) : request) }),
  ),
  zooProxy("tells who asks in a field's name", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, { client }) => withField(request, `X-For-${client}`, "1") }),
  ),
  zooProxy("tells who asks in the second request of a connection alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, seen) => (seen.here === 2 ? told(request, seen) : request) }),
  ),
  zooProxy("tells who asks in the third request alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, seen) => (seen.total === 3 ? told(request, seen) : request) }),
  ),
  zooProxy("tells who asks for POST alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, seen) => (request.line[0] === "POST" ? told(request, seen) : request) }),
  ),
  zooProxy("tells who asks behind the body of POST alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, seen) => (request.line[0] === "POST" ? toldBehind(request, seen) : request) }),
  ),
  zooProxy("tells who asks where an iPhone asks", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({
      request: (request, seen) => (/iPhone/.test(carriedValue(request, "user-agent") ?? "") ? told(request, seen) : request),
    }),
  ),
  zooProxy("tells who asks in plain tunnels alone", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ tunnel: (peer, to) => readsAlong(peer, to, new Carrier({ request: told })) }),
  ),
  zooProxy("tells who asks behind the other cookies", "http", { state: "lies", anonymity: "transparent" }, () =>
    startWebProxy({
      request: (request, { client }) => replaced(request, "cookie", `${carriedValue(request, "cookie") ?? ""}; origin=${client}`),
    }),
  ),
  zooProxy("tells who asks in the query", "http", { state: "lies", anonymity: "transparent" }, () =>
    startWebProxy({
      request: (request, { client }) => ({ ...request, line: [request.line[0], `${request.line[1]}&from=${client}`, "HTTP/1.1"] }),
    }),
  ),
  zooProxy("tells who asks in tunnels, by the PROXY protocol", "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ tunnel: tellsFirst }),
  ),
  zooProxy("tells who asks through SOCKS", "socks5", works({ anonymity: "transparent" }), () =>
    startSocksProxy({}, { request: told, tunnel: readsAlong }),
  ),
  anonymous("Via", "1.1 cache.lab"),
  anonymous("X-Forwarded-For", "198.51.100.7"),
  anonymous("X-Forwarded-For", "unknown"),
  anonymous("Forwarded", "for=unknown;by=_exit"),
  anonymous("X-Proxy-ID", "17"),
  anonymous("Proxy-Connection", "keep-alive"),
  anonymous("X-Bluecoat-Via", "8a41"),
  anonymous("X-Forwarded-Proto", "http"),
  anonymous("CDN-Loop", "lab"),
];

function transparent(name: string, value: (client: string) => string): ZooProxy {
  return zooProxy(`tells who asks in ${name}: ${value("127.0.0.1")}`, "http", works({ anonymity: "transparent" }), () =>
    startWebProxy({ request: (request, { client }) => withField(request, name, value(client)) }),
  );
}

function anonymous(name: string, value: string): ZooProxy {
  const title = `says that it is a proxy in ${name}: ${value}`;
  return zooProxy(title, "http", works({ anonymity: "anonymous", tells: new RegExp(name, "i") }), () =>
    startWebProxy({ request: (request) => withField(request, name, value) }),
  );
}

/** A receiver that expects no such line takes it for a bad request. */
async function tellsFirst(peer: LabConnection, to: HostPort, carrier: Carrier): Promise<void> {
  const hop = await carrier.dial(to);
  await hop.send(`PROXY TCP4 ${peer.wire.remoteAddress} ${to.host} ${peer.wire.remotePort} ${to.port}\r\n`);
  await splice(peer, hop);
}

function told(request: Carried, { client }: Seen): Carried {
  return withField(request, "X-Forwarded-For", client);
}

/** RFC 9112 7.1.2: in trailers, which take a body in chunks. */
function toldBehind({ line, fields, body }: Carried, { client }: Seen): Buffer {
  const kept = fields.filter(([name]) => name.toLowerCase() !== "content-length").map(([name, value]) => `${name}: ${value}`);
  const head = [line.join(" "), ...kept, "Transfer-Encoding: chunked", "Connection: close", "", ""].join("\r\n");
  const behind = `\r\n0\r\nX-Forwarded-For: ${client}\r\n\r\n`;
  return Buffer.concat([Buffer.from(`${head}${body.length.toString(16)}\r\n`), body, Buffer.from(behind)]);
}

function octets(address: string): number[] {
  return address.split(".").map(Number);
}

function mapped(address: string): string {
  return Buffer.from(octets(address))
    .toString("hex")
    .replace(/^(.{4})/, "$1:");
}
