import { createHash } from "node:crypto";
import type { HostPort } from "../../core/address.ts";
import { afterHead, fin, says } from "../behaviours.ts";
import { type LabConnection, splice } from "../lab-connection.ts";
import { formatAnswer } from "../lab-http.ts";
import { startLabServer } from "../lab-server.ts";
import { type Carried, carriedValue, findLoopback, withField, writeCarried } from "./carrier.ts";
import { startSocksProxy } from "./socks-proxy.ts";
import { readsAlong, startWebProxy, withMore } from "./web-proxy.ts";
import { type Liars, liesBy, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

const PORTAL = "<html><title>Welcome</title><form action=/login>Room <input name=room></form></html>\n";

/** Proxies that answer themselves. */
export const FAKERS: Liars = [
  fakes("has a page of its own for everything", () => formatAnswer(200, { "Content-Type": "text/html" }, PORTAL)),
  fakes("has an empty answer for everything", () => formatAnswer(200, {}, "")),
  fakes("says 204 to everything", () => Buffer.from("HTTP/1.1 204 No Content\r\n\r\n")),
  fakes("says 200 and closes", () => Buffer.from("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")),
  fakes("has JSON for everything", () =>
    formatAnswer(200, { "Content-Type": "application/json" }, '{"origin":"198.51.100.7","headers":{}}'),
  ),
  fakes("has a page of its own with status 404 behind 200", () => formatAnswer(200, { Server: "Apache" }, "<h1>404 Not Found</h1>")),
  fakes("echoes what it was asked", (request) => formatAnswer(200, { "Content-Type": "text/html" }, writeCarried(request, "close"))),
  fakes("plays the judge without its key", (request) => {
    const nonce = /(?:id=|images\/)([^&/]*)/.exec(request.line[1])?.[1] ?? "";
    const payload = JSON.stringify({ judge: 1, nonce, at: new Date().toISOString(), address: "198.51.100.7", method: request.line[0] });
    return formatAnswer(
      200,
      { "Content-Type": "text/html" },
      `<html>${payload} ${createHash("sha512").update(payload).digest("base64")}</html>`,
    );
  }),
  zooProxy("a proxy that opens every tunnel to a page of its own", "http", { state: "lies", fault: ["honesty.fake_answer"] }, () =>
    startWebProxy({ instead: portal, tunnel: saysPortal }),
  ),
  zooProxy("a SOCKS proxy that opens every tunnel to a page of its own", "socks5", { state: "lies", fault: ["honesty.fake_answer"] }, () =>
    startSocksProxy({ optimistic: true }, { tunnel: saysPortal }),
  ),
  zooProxy("a proxy that opens tunnels to names alone to a page of its own", "http", liesBy("honesty.fake_answer"), () =>
    startWebProxy({
      tunnel: async (peer, to, carrier, asked) => (asked === "localhost" ? saysPortal(peer) : splice(peer, await carrier.dial(to))),
    }),
  ),
  fakes("has no scripts", (request) => (/\.js\?/.test(request.line[1]) ? nothingThere(404) : null)),
  fakes("has no pictures any more", (request) => (/\.png$/.test(request.line[1]) ? nothingThere(410) : null)),
  fakes("has nothing for POST", (request) => (request.line[0] === "POST" ? nothingThere(404) : null)),
  zooProxy("a proxy that answers plain requests itself, and carries tunnels", "http", liesBy("honesty.fake_answer"), () =>
    startWebProxy({ instead: portal }),
  ),
];

/** Proxies that give an answer again. */
export const STALE_CACHES: Liars = [
  stale("a cache with one answer for a site", (request) => carriedValue(request, "host") ?? ""),
  stale(
    "a cache with one answer for a method and a kind of file",
    (request) => `${request.line[0]} ${/\.\w+(?=\?)/.exec(request.line[1])}`,
  ),
  stale("a cache that keeps what must not be kept, by its whole URL", (request) => `${request.line[0]} ${request.line[1]}`),
  stale("a cache that takes all queries of a path for one", (request) => `${request.line[0]} ${request.line[1].split("?")[0]}`),
  stale("a cache that spares who has a login or a cookie", (request) =>
    carriedValue(request, "authorization") === null && carriedValue(request, "cookie") === null ? request.line[1] : null,
  ),
  ...(["js", "exe"] as const).map((ending) =>
    zooProxy(`a cache that keeps .${ending} alone, and says what it is`, "http", liesBy("honesty.stale_answer"), () => {
      const kept = new Map<string, Carried>();
      return startWebProxy({
        answer(answer, { line }) {
          const known = kept.get(line[1]);
          if (line[1].includes(`.${ending}?`)) kept.set(line[1], known ?? answer);
          return withField(known ?? answer, "X-Cache", known === undefined ? "MISS from lab" : "HIT from lab");
        },
      });
    }),
  ),
  stale("a cache that keeps pictures alone", (request) => (/\.png$/.test(request.line[1]) ? request.line[1] : null)),
  stale("a cache that keeps nothing with a query", (request) => (request.line[1].includes("?") ? null : request.line[1])),
  zooProxy("a proxy that gives each the answer of the one before", "http", liesBy("honesty.stale_answer"), () => {
    let before: Carried | null = null;
    return startWebProxy({
      answer(answer) {
        const given = before ?? answer;
        before = answer;
        return given;
      },
    });
  }),
];

/** Proxies that send people elsewhere. */
export const REDIRECTORS: Liars = [
  zooProxy("a proxy that sends everybody to its login page", "http", liesBy("honesty.redirected"), () =>
    startWebProxy({ instead: () => formatAnswer(302, { Location: "http://login.lab/?from=1" }, "") }),
  ),
  zooProxy("a proxy that sends the first request to its login page", "http", liesBy("honesty.redirected"), () =>
    startWebProxy({ instead: (_, { total }) => (total === 1 ? formatAnswer(307, { Location: "http://login.lab/" }, "") : null) }),
  ),
  zooProxy(
    "a proxy that sends names to its login page, and not addresses",
    "http",
    { state: "lies", fault: ["honesty.redirected", "honesty.dns_lies"] },
    () =>
      startWebProxy({
        instead: (request) =>
          /^localhost/.test(carriedValue(request, "host") ?? "") ? formatAnswer(303, { Location: "http://login.lab/" }, "") : null,
      }),
  ),
  zooProxy("a proxy that sends everybody to where they are", "http", { state: "lies", fault: ["honesty.redirected"] }, () =>
    startWebProxy({
      instead: (request, { total }) =>
        total % 2 === 1 ? formatAnswer(301, { Location: `https://${carriedValue(request, "host")}${request.line[1]}` }, "") : null,
    }),
  ),
];

/** Proxies whose resolver invents addresses. */
export const NAME_INVENTORS: Liars = [
  zooProxy("a proxy for which names exist that do not", "http", liesBy("honesty.dns_lies"), () =>
    startWebProxy({ instead: (request) => (/\.invalid/.test(carriedValue(request, "host") ?? "") ? portal() : null), way: anywhere }),
  ),
  zooProxy(
    "a proxy for which names exist that do not, and that closes connections which it says it keeps",
    "http",
    liesBy("honesty.dns_lies"),
    () =>
      startWebProxy({
        instead: (request) => (/\.invalid/.test(carriedValue(request, "host") ?? "") ? portal() : null),
        answer: (answer) => writeCarried(answer, "keep-alive"),
        way: anywhere,
      }),
  ),
  zooProxy("a proxy for which names that do not exist lead on", "http", liesBy("honesty.dns_lies"), () =>
    startWebProxy({
      instead: (request) =>
        /\.invalid/.test(carriedValue(request, "host") ?? "") ? formatAnswer(302, { Location: "http://search.lab/" }, "") : null,
      way: anywhere,
    }),
  ),
  zooProxy("a proxy for which the judge's name leads to another site", "http", { state: "lies", fault: ["honesty.dns_lies"] }, async () => {
    const other = await startLabServer(saysPortal);
    const proxy = await startWebProxy({ way: (to) => (to.host === "localhost" ? other : findLoopback(to)) });
    return withMore(proxy, other);
  }),
  zooProxy(
    "a SOCKS proxy for which names that do not exist lead to a server without that page",
    "socks5",
    liesBy("honesty.dns_lies"),
    async () => {
      const other = await startLabServer(afterHead(says(nothingThere(404), fin)));
      return withMore(await startSocksProxy({}, { way: (to) => findLoopback(to) ?? other }), other);
    },
  ),
  zooProxy("a SOCKS proxy for which names exist that do not", "socks5h", liesBy("honesty.dns_lies"), () =>
    startSocksProxy(
      {},
      {
        way: anywhere,
        tunnel: async (peer, to, carrier) => {
          if (to.host === HIJACKED) return saysPortal(peer);
          await readsAlong(peer, to, carrier);
        },
      },
    ),
  ),
];

/** Where names lead that do not exist, for resolvers that say where. */
const HIJACKED = "127.0.0.99";

function anywhere(to: HostPort): HostPort {
  return findLoopback(to) ?? { host: HIJACKED, port: to.port };
}

function fakes(what: string, answer: (request: Carried) => Buffer | null): ZooProxy {
  return zooProxy(what, "http", liesBy("honesty.fake_answer"), () => startWebProxy({ instead: answer }));
}

function nothingThere(status: number): Buffer {
  return formatAnswer(status, { "Content-Type": "text/html", Connection: "close" }, "<h1>Not Found</h1>");
}

/** @param keyOf null: it is not kept */
function stale(title: string, keyOf: (request: Carried) => string | null): ZooProxy {
  return zooProxy(title, "http", liesBy("honesty.stale_answer"), async () => {
    const kept = new Map<string, Carried>();
    return startWebProxy({
      answer(answer, request) {
        const key = keyOf(request);
        if (key === null) return answer;
        if (!kept.has(key)) kept.set(key, answer);
        return kept.get(key) ?? answer;
      },
    });
  });
}

function portal(): Buffer {
  return formatAnswer(200, { "Content-Type": "text/html", Connection: "close" }, PORTAL);
}

async function saysPortal(peer: LabConnection): Promise<void> {
  await peer.reader.peek(1);
  await peer.send(portal());
  await peer.end();
}
