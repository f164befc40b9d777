import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tellStart } from "../../../src/cli/startup.ts";
import { defaultConfig } from "../../../src/config/defaults.ts";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

function read(text: string | Uint8Array, chunkBytes: number = 1 << 16): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  reader.open("x.log");
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  reader.end();
  return reader.report();
}

const REFUSED =
  '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"\n';
const NO_LIVE =
  '2026/11/27 14:02:08 [error] 12#12: *4 no live upstreams while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://app/", host: "site.example"\n';

test("what nginx says after its backend refused follows from that, in whatever chunks it comes", () => {
  for (const chunkBytes of [1, 7, 1 << 16]) {
    const { incidents, lines, unknown } = read(REFUSED + NO_LIVE.repeat(3), chunkBytes);
    assert.deepEqual([lines, unknown.lines], [4, 0]);
    assert.deepEqual(
      incidents.map(({ fault, backend, count, followsFrom }) => [fault, backend, count, followsFrom]),
      [
        ["connect.refused", "10.0.0.2:8080", 1, null],
        ["gateway.no_healthy_backend", "app", 3, 1],
      ],
    );
    assert.match(incidents[0]?.likely ?? "", /^10\.0\.0\.2:8080 stopped accepting at 14:02:07; 3 gateway\.no_healthy_backend follow/);
  }
});

test("a whole URL that nginx was sent, as by who takes it for a proxy, is told once, without its user", () => {
  const { incidents } = read(REFUSED.replace("GET / HTTP", "GET http://bob:s3cret@other.example:81/a HTTP"));
  assert.deepEqual(
    incidents.flatMap(({ targets }) => targets.map(({ text }) => text)),
    ["other.example:81/a"],
  );
});

test("lines that differ by their numbers are one shape, told by the first of them, however many others come in between", () => {
  const others = Array.from(
    { length: 3000 },
    (_, index) => `word${"abcdefghij"[index % 10]}${"klmnopqrst"[Math.floor(index / 10) % 10]}\n`,
  );
  const { unknown } = read(`job 17 took 3 ms, password=s3cret\n${others.join("job 5 took 12345678 ms, password=s4cret\n")}`);
  const [first] = unknown.shapes;
  assert.equal(first?.count, 3000);
  assert.equal(first?.sample, "job 17 took 3 ms, password=...");
});

test("of HAProxy's requests the paths are told, without queries, also of one that is cut", () => {
  const line = (request: string) =>
    `192.0.2.1:5000 [27/Nov/2026:14:02:07.123] web app/app-2 0/0/-1/-1/3001 503 217 - - SC-- 1/1/0/0/3 0/0 {agent|x} "${request}\n`;
  const { incidents } = read(line('GET /a/b?key=1 HTTP/1.1"') + line("GET /c"));
  assert.deepEqual(
    incidents.flatMap(({ targets }) => targets.map(({ text }) => text)),
    ["/a/b?key=...", "/c"],
  );
});

test("lines of HAProxy, behind syslog too, and of Squid are read among others", () => {
  const { incidents } = read(
    [
      'Nov 27 14:02:07 lb haproxy[7]: 192.0.2.1:5000 [27/Nov/2026:14:02:07.123] web app/app-2 0/0/-1/-1/3001 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"',
      'Nov 27 14:02:07 lb haproxy[7]: 192.0.2.1:5000 [27/Nov/2026:14:02:07.123] web app/app-1 0/0/1/-1/60001 504 217 - - sH-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
      "1795788127.123  60012 192.0.2.1 TCP_MISS/504 4012 GET http://site.example/ - HIER_DIRECT/192.0.2.9 text/html",
      '192.0.2.1 - - [27/Nov/2026:14:02:09 +0000] "GET /x HTTP/1.1" 499 0 "-" "agent"',
    ].join("\n"),
  );
  assert.deepEqual(incidents.map(({ fault }) => fault).sort(), ["answer.504", "client.closed_waiting", "connect.failed", "head.timeout"]);
});

test("our own events in JSON: benched exits and opened circuits are failures, a warning and a refused config are told, the rest is quiet", () => {
  const at = "2026-01-02T12:03:44.123Z";
  const events = [
    { event: "hop-changed", exit: "de-7", from: "healthy", to: "benched", reason: "connect.refused", forMs: 4000 },
    { event: "hop-changed", exit: "de-7", from: "benched", to: "probation", reason: "its time is over", forMs: 0 },
    { event: "circuit-changed", target: "shop.example:443", path: null, from: "closed", to: "open", reason: "it failed", forMs: 4000 },
    { event: "circuit-changed", target: "shop.example:443", path: null, from: "half-open", to: "closed", reason: "it came", forMs: 0 },
    { event: "config-changed", summary: "3 exits added" },
    { event: "config-refused", reason: "goodgateway.yaml:3:5: unknown key" },
    { event: "warning", message: "exits.txt:7: no port" },
  ];
  const { incidents, unexplained, unknown } = read(events.map((event) => JSON.stringify({ at, ...event })).join("\n"));
  assert.deepEqual(incidents.map(({ fault, backend }) => [fault, backend]).sort(), [
    ["gateway.backend_ejected", "de-7"],
    ["gateway.backend_ejected", "shop.example:443"],
  ]);
  assert.deepEqual(unexplained.shapes.map(({ sample }) => sample).sort(), ["exits.txt:7: no port", "goodgateway.yaml:3:5: unknown key"]);
  assert.equal(unknown.lines, 0);
});

test("our own lines name the culprit, in text and in JSON", () => {
  const { incidents } = read(
    [
      '2026-01-02T12:03:44Z failed 502 GET http://shop.example/a connect.refused exit de-7 "refused after 3 ms" 9ms for 192.0.2.9 1M8EG5530001',
      '2026-01-02T12:03:45Z failed 502 GET http://site.example/ connect.refused origin "refused after 3 ms" 9ms for 192.0.2.9 1M8EG5530002',
      '2026-01-02T12:03:46Z relayed 500 GET http://late.example/ relay.exit_5xx origin "x" 8ms for 192.0.2.9 1M8EG5530003',
      "2026-01-02T12:03:47Z exit de-7 benched for 1.3s: connect.refused: refused after 2 ms",
      JSON.stringify({
        at: "2026-01-02T12:03:48.001Z",
        outcome: "failed",
        target: "https://cart.example/",
        verdict: { fault: "tls.cert_expired", culprit: "exit" },
        attempts: [{ exit: "de-8", fault: "tls.cert_expired" }],
      }),
    ].join("\n"),
  );
  assert.deepEqual(incidents.map(({ fault, culprit, backend }) => `${fault} ${culprit} ${backend}`).sort(), [
    "connect.refused exit de-7",
    "connect.refused origin site.example",
    "gateway.backend_ejected exit de-7",
    "relay.exit_5xx origin late.example",
    "tls.cert_expired exit de-8",
  ]);
  assert.equal(
    incidents.find(({ fault, culprit }) => fault === "connect.refused" && culprit === "exit")?.summary,
    "The exit's address refuses TCP on that port.",
  );
});

test("a line of ten megabytes and lines of no format are counted, and the others still read", () => {
  const { incidents, notes, unknown } = read(`${"x".repeat(10_000_000)}\n${REFUSED}something else 17\nsomething else 18\n`);
  assert.equal(incidents.length, 1);
  assert.deepEqual(unknown.shapes.map(({ shape, count }) => [shape, count]).slice(0, 1), [["something else <n>", 2]]);
  assert.match(notes.join(), /longer than 64 KiB/);
});

test("bytes that are no text are counted as such, and text in other scripts is not taken for them", () => {
  const bytes = Array.from({ length: 4000 }, (_, index) => (index * 7919 + ((index * index) >> 3)) & 255).filter((byte) => byte !== 0x0a);
  const junk = Buffer.concat([Buffer.from(bytes), Buffer.from("\nпривет, 世界 17\nпривет, 世界 18\n")]);
  assert.deepEqual(
    read(junk).unknown.shapes.map(({ shape, count }) => [shape, count]),
    [
      ["привет, 世界 <n>", 2],
      ["<bytes that are no text>", 1],
    ],
  );
});

test("numbers of syslog in front of one another are no way to make it fail", () => {
  assert.equal(read("<1>".repeat(20_000)).unknown.lines, 1);
});

test("whatever bytes come, something is told", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => read(bytes).kind === "log"));
  const starts = [
    REFUSED,
    NO_LIVE,
    '192.0.2.1 - - [27/Nov/2026:14:02:09 +0000] "GET /x HTTP/1.1" 502 0 "-" "agent"',
    "1795788127.123  6 192.0.2.1 ",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.nat(200), fc.string(), (line, at, junk) => read(line.slice(0, at) + junk).kind === "log"),
  );
});

test("what serve says as it starts is known, and an exit that an operator benched is no failure", () => {
  const { lines, unknown, failures } = read(
    [
      ...tellStart(defaultConfig(), {
        addresses: [{ host: "127.0.0.1", port: 8502 }],
        adminAddress: { host: "127.0.0.1", port: 8503 },
        pool: { size: 5 },
      }),
      "2026-11-27T09:53:42Z exit de-7 benched for 1h: an operator benched it",
      '{"at":"2026-11-27T09:53:42.123Z","event":"hop-changed","exit":"de-7","from":"healthy","to":"benched","reason":"an operator benched it","forMs":3600000}',
      "2026-11-27T09:53:43Z exit de-7 benched for 12s: connect.refused: refused after 2 ms",
    ].join("\n"),
  );
  assert.deepEqual([lines, unknown.lines, failures], [7, 0, 1]);
});
