import { gzipSync, zstdCompressSync } from "node:zlib";
import type { HonestyFaultId } from "../../core/faults/honesty.ts";
import { createSelfSigned } from "../../net/certificate.ts";
import { formatAnswer } from "../lab-http.ts";
import { startLabServer } from "../lab-server.ts";
import { type Carried, Carrier, carriedValue, replaced, type Tricks, withField, withoutField, writeCarried } from "./carrier.ts";
import { mixedProxy, startSocksProxy } from "./socks-proxy.ts";
import { readsAlong, startWebProxy, webProxy } from "./web-proxy.ts";
import { type Liars, liesBy, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

/** From how many bytes on an injector finds a page worth it. */
const LONG_PAGE_BYTES = 20_000;
const SCRIPT = '<script src="http://ads.lab/a.js"></script>';
/** Beyond what pages have that carry no more than themselves. */
const LONG_BYTES = 6000;

/** Proxies that change what comes back. */
export const CONTENT_CHANGERS: Liars = [
  changes("injects a script", { answer: onPages(inject) }),
  changes("injects a script into long pages alone", { answer: onPages((page) => (page.length < LONG_PAGE_BYTES ? page : inject(page))) }),
  changes("injects a script for browsers alone", {
    answer: (answer, request) => (/Mozilla/.test(carriedValue(request, "user-agent") ?? "") ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script for phones alone", {
    answer: (answer, request) => (/Mobile/.test(carriedValue(request, "user-agent") ?? "") ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script for Windows alone", {
    answer: (answer, request) => (/Windows/.test(carriedValue(request, "user-agent") ?? "") ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into what no script asked for", {
    answer: (answer, request) => (carriedValue(request, "x-requested-with") === null ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script for who has no cookie", {
    answer: (answer, request) => (carriedValue(request, "cookie") === null ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script for who has a cookie, and gets", {
    answer: (answer, request) => (request.line[0] === "GET" && carriedValue(request, "cookie") !== null ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script for iPhones alone", {
    answer: (answer, request) => (/iPhone/.test(carriedValue(request, "user-agent") ?? "") ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into long pages that were got alone", {
    answer: (answer, request) => (request.line[0] === "GET" && answer.body.length > LONG_BYTES ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into what no link led to", {
    answer: (answer, request) => (carriedValue(request, "referer") === null ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into the second answer of a connection alone", {
    answer: (answer, _, { here }) => (here === 2 ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into the second answer alone", {
    answer: (answer, _, { total }) => (total === 2 ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into every other answer", {
    answer: (answer, _, { total }) => (total % 2 === 0 ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into answers to GET alone", {
    answer: (answer, request) => (request.line[0] === "GET" ? onPages(inject)(answer) : answer),
  }),
  changes("injects a script into answers to POST alone", {
    answer: (answer, request) => (request.line[0] === "POST" ? onPages(inject)(answer) : answer),
  }),
  changes("injects as many bytes as it takes out", {
    answer: onPages((page) => page.replace(/(<html[^>]*>)(.{40})/s, `$1${SCRIPT.slice(0, 40)}`)),
  }),
  changes("puts a space for each line's end", { answer: onPages((page) => page.replaceAll("\n", " ")) }),
  changes("takes the last byte", { answer: (answer) => ({ ...answer, body: answer.body.subarray(0, -1) }) }),
  changes("turns one bit", {
    answer: (answer) => ({ ...answer, body: answer.body.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) as Buffer }),
  }),
  changes("empties what it carries", { answer: (answer) => ({ ...answer, body: Buffer.alloc(0) }) }),
  changes("compresses again", { answer: gzipped }),
  changes("compresses twice", {
    answer: (answer) => withField({ ...answer, body: gzipSync(gzipSync(answer.body)) }, "Content-Encoding", "gzip, gzip"),
  }),
  changes("compresses by Zstandard", {
    answer: (answer) => withField({ ...answer, body: zstdCompressSync(answer.body) }, "Content-Encoding", "zstd"),
  }),
  changes("compresses without a word", { answer: (answer) => ({ ...answer, body: gzipSync(answer.body) }) }),
  changes("compresses again, and injects a script on the way", { answer: (answer) => gzipped(onPages(inject)(answer)) }),
  changes("adds to scripts alone", {
    answer: (answer) => (isOf(answer, "javascript") ? { ...answer, body: Buffer.concat([answer.body, Buffer.from("/*ad*/")]) } : answer),
  }),
  changes("gives another program to download", {
    answer: (answer) => (isOf(answer, "html") || isOf(answer, "javascript") ? answer : { ...answer, body: Buffer.from("MZ lab") }),
  }),
  changes("packs pictures anew", {
    answer: (answer) =>
      isOf(answer, "png") ? replaced({ ...answer, body: Buffer.from("RIFF....WEBP") }, "content-type", "image/webp") : answer,
  }),
  changes("declares another character set", { answer: (answer) => replaced(answer, "content-type", "text/html; charset=utf-7") }),
  changes("serves pages as text", { answer: (answer) => replaced(answer, "content-type", "text/plain") }),
  changes("says another status", { answer: (answer) => ({ ...answer, line: [answer.line[0], "203", "Non-Authoritative Information"] }) }),
  changes("takes cookies", { answer: (answer) => withoutField(answer, "set-cookie") }),
  changes("gives a cookie of its own", { answer: (answer) => withField(answer, "Set-Cookie", "track=1; Max-Age=31536000") }),
  changes("takes the entity tag", { answer: (answer) => withoutField(answer, "etag") }),
  changes("sends people elsewhere by Refresh", { answer: (answer) => withField(answer, "Refresh", "0; url=http://ads.lab/") }),
  changes("loads more by Link", { answer: (answer) => withField(answer, "Link", "<http://ads.lab/a.js>; rel=preload; as=script") }),
  changes("offers itself as Alt-Svc", { answer: (answer) => withField(answer, "Alt-Svc", 'h2="ads.lab:443"; ma=86400') }),
  changes("lets others read by Access-Control-Allow-Origin", {
    answer: (answer) => withField(answer, "Access-Control-Allow-Origin", "*"),
  }),
  changes("lets caches keep it", { answer: (answer) => replaced(answer, "cache-control", "public, max-age=86400") }),
  changes("hides a script in a chunk's extension and its body", { answer: inChunkExtension }),
  changes("hides a script in the trailers and the body", { answer: (answer) => chunked(answer, "", "X-Ad: 1\r\n") }),
  changes("sends a second answer behind the first", {
    answer: (answer) =>
      Buffer.concat([writeCarried(answer, "keep-alive"), formatAnswer(200, { "Content-Type": "text/html" }, "<html>ad</html>")]),
  }),
  zooProxy("a SOCKS proxy that injects a script into what is not encrypted", "socks5", liesBy("honesty.content_changed"), () =>
    startSocksProxy({}, { answer: onPages(inject), tunnel: readsAlong }),
  ),
  changes("rewrites encrypted links to plain ones", { answer: onPages((page) => page.replaceAll("https://", "http://")) }),
  changes("puts its own account where money is to go", {
    answer: onPages((page) => page.replace(/\b1[1-9A-HJ-NP-Za-km-z]{25,34}\b/g, "1LabLabLabLabLabLabLabLabLabLabLa")),
  }),
  changes("signs each page with a comment", { answer: onPages((page) => `${page}<!-- via lab -->\n`) }),
  changes("puts a script before the page", { answer: onPages((page) => `${SCRIPT}${page}`) }),
  changes("drops the policy against foreign scripts", { answer: (answer) => withoutField(answer, "content-security-policy") }),
  changes("injects a script into pages that were asked for by name alone", {
    answer: (answer, request) => (/^localhost/.test(carriedValue(request, "host") ?? "") ? onPages(inject)(answer) : answer),
  }),
  changes(
    "changes pages that were asked for by name alone",
    {
      answer: (answer, request) =>
        /^localhost/.test(carriedValue(request, "host") ?? "") ? { ...answer, body: Buffer.from("<html>ad</html>") } : answer,
    },
    ["honesty.content_changed", "honesty.fake_answer", "honesty.dns_lies"],
  ),
  zooProxy("HTTP and SOCKS on one port, and a script in what comes by SOCKS alone", null, liesBy("honesty.content_changed"), () =>
    startLabServer(mixedProxy({}, webProxy(new Carrier()), new Carrier({ answer: onPages(inject), tunnel: readsAlong }))),
  ),
  zooProxy("HTTP and SOCKS on one port, and a script in what comes by HTTP alone", null, liesBy("honesty.content_changed"), () =>
    startLabServer(mixedProxy({}, webProxy(new Carrier({ answer: onPages(inject) })))),
  ),
  zooProxy("HTTP and SOCKS on one port, and a change of scripts by SOCKS alone", null, liesBy("honesty.content_changed"), () =>
    startLabServer(
      mixedProxy(
        {},
        webProxy(new Carrier()),
        new Carrier({
          answer: (answer, request) => (/\.js\?/.test(request.line[1]) ? { ...answer, body: Buffer.from("track();") } : answer),
          tunnel: readsAlong,
        }),
      ),
    ),
  ),
  zooProxy(
    "an HTTPS proxy that injects a script",
    "https",
    liesBy("honesty.content_changed"),
    () => startWebProxy({ answer: onPages(inject) }, createSelfSigned({ names: ["127.0.0.1"] })),
    { tags: "insecure=true" },
  ),
  zooProxy("a proxy for tunnels alone that injects a script in plain ones", "http", liesBy("honesty.content_changed"), () =>
    startWebProxy({
      instead: () => formatAnswer(405, { Allow: "CONNECT" }, "tunnels only\n"),
      tunnel: (peer, to) => readsAlong(peer, to, new Carrier({ answer: onPages(inject) })),
    }),
  ),
  zooProxy("a proxy that changes scripts in plain tunnels alone", "http", liesBy("honesty.content_changed"), () => {
    const inside = new Carrier({
      answer: (answer) => (isOf(answer, "javascript") ? { ...answer, body: Buffer.concat([answer.body, Buffer.from("/*ad*/")]) } : answer),
    });
    return startWebProxy({ tunnel: (peer, to) => readsAlong(peer, to, inside) });
  }),
  zooProxy("a proxy that injects a script in plain tunnels alone", "http", liesBy("honesty.content_changed"), () =>
    startWebProxy({ tunnel: (peer, to) => readsAlong(peer, to, new Carrier({ answer: onPages(inject) })) }),
  ),
];

function changes(what: string, tricks: Tricks, fault: readonly HonestyFaultId[] = ["honesty.content_changed"]): ZooProxy {
  return zooProxy(what, "http", { state: "lies", fault }, () => startWebProxy(tricks));
}

function onPages(edit: (page: string) => string): (answer: Carried) => Carried {
  return (answer) =>
    isOf(answer, "text/html") ? { ...answer, body: Buffer.from(edit(answer.body.toString("latin1")), "latin1") } : answer;
}

function inject(page: string): string {
  return page.replace(/<\/body>|$/i, `${SCRIPT}$&`);
}

function isOf(answer: Carried, type: string): boolean {
  return carriedValue(answer, "content-type")?.includes(type) ?? false;
}

function gzipped(answer: Carried): Carried {
  return withField({ ...answer, body: gzipSync(answer.body) }, "Content-Encoding", "gzip");
}

function inChunkExtension(answer: Carried): Buffer {
  return chunked(answer, `;ad="${SCRIPT.replaceAll('"', "'")}"`, "");
}

function chunked(answer: Carried, extension: string, trailers: string): Buffer {
  const fields = [
    ...answer.fields.filter(([name]) => !/^(?:content-length|connection)$/i.test(name)),
    ["Transfer-Encoding", "chunked"] as const,
  ];
  const head = [answer.line.join(" "), ...fields.map(([name, value]) => `${name}: ${value}`), "Connection: close"].join("\r\n");
  const body = Buffer.from(inject(answer.body.toString("latin1")), "latin1");
  return Buffer.concat([
    Buffer.from(`${head}\r\n\r\n${body.length.toString(16)}${extension}\r\n`),
    body,
    Buffer.from(`\r\n0\r\n${trailers}\r\n`),
  ]);
}
