import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

function read(lines: readonly string[]): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(lines.join("\n")));
  reader.end();
  return reader.report();
}

function clock(second: number): string {
  return new Date(Date.UTC(2026, 10, 27, 14) + second * 1000).toISOString().slice(11, 19);
}

/** Lines of nginx, each with a path of its own unless it is said. */
function nginx(seconds: readonly number[], message: string, { method = "POST", backend = "10.0.0.2:80", path = "" } = {}): string[] {
  return seconds.map((second, index) => {
    const request = `${method} ${path === "" ? `/page/${index}` : path} HTTP/1.1`;
    return `2026/11/27 ${clock(second)} [error] 1#1: *3 ${message} upstream, client: 192.0.2.1, server: s, request: "${request}", upstream: "http://${backend}/", host: "site.example"`;
  });
}

function access(second: number, status: number): string {
  return `192.0.2.1 - - [27/Nov/2026:${clock(second)} +0000] "GET /page HTTP/1.1" ${status} 0 "-" "agent"`;
}

const CLOSED = "upstream prematurely closed connection while reading response header from";
const REFUSED = "connect() failed (111: Connection refused) while connecting to";
const NO_LIVE = "no live upstreams while connecting to";
const NOW_AND_THEN = [0, 100, 290, 600, 850];

function suspicions(lines: readonly string[]): string {
  return read(lines)
    .incidents.flatMap((one) => one.suspicions)
    .join();
}

test("single failures now and then, whatever is asked for, may be a keep-alive race", () => {
  assert.match(suspicions(nginx(NOW_AND_THEN, CLOSED)), /may be a keep-alive race: they come one by one, and 5 of 5 are of methods/);
  assert.match(suspicions(nginx(NOW_AND_THEN, CLOSED, { method: "GET" })), /may be a keep-alive race.*new connections to it do not fail/);
  const answers = Array.from({ length: 100 }, (_, index) => access(index, 200));
  assert.match(suspicions([...nginx(NOW_AND_THEN, CLOSED), ...answers]), /may be a keep-alive race/);
});

test("what fails steadily, in a burst, always for one request, or most of the time is no keep-alive race", () => {
  const steady = Array.from({ length: 60 }, (_, index) => index);
  assert.equal(suspicions(nginx(steady, CLOSED)), "");
  assert.equal(suspicions(nginx(steady.map((second) => second * 60).slice(0, 35), CLOSED)), "");
  assert.equal(suspicions(nginx([0, 0, 0, 1, 1], CLOSED)), "");
  assert.equal(suspicions(nginx(NOW_AND_THEN, CLOSED, { path: "/report" })), "");
  assert.equal(suspicions([...nginx(NOW_AND_THEN, CLOSED), ...NOW_AND_THEN.map((second) => access(second, 200))]), "");
  assert.equal(suspicions([...nginx(NOW_AND_THEN, CLOSED), ...nginx([300], REFUSED)]), "");
});

test("what follows from one of several backends that failed together is laid to none of them alone", () => {
  const lines = [...nginx([0], REFUSED), ...nginx([1], REFUSED, { backend: "10.0.0.3:80" }), ...nginx([2, 3], NO_LIVE, { backend: "app" })];
  const { incidents } = read(lines);
  const [consequence] = incidents.filter(({ fault }) => fault === "gateway.no_healthy_backend");
  const causes = incidents.filter(({ fault }) => fault === "connect.refused").map(({ number }) => number);
  assert.deepEqual([consequence?.followsFrom, ...(consequence?.orFrom ?? [])].sort(), causes.sort());
  assert.match(incidents[0]?.likely ?? "", /2 gateway\.no_healthy_backend follow from it, or from others that began with it/);
});

test("what began long before is not named beside what came just before", () => {
  const lines = [
    ...nginx([0], REFUSED),
    ...nginx([600], REFUSED, { backend: "10.0.0.3:80" }),
    ...nginx([601], NO_LIVE, { backend: "app" }),
  ];
  const { incidents } = read(lines);
  const [consequence] = incidents.filter(({ fault }) => fault === "gateway.no_healthy_backend");
  assert.deepEqual(consequence?.orFrom, []);
  assert.equal(incidents.find(({ number }) => number === consequence?.followsFrom)?.backend, "10.0.0.3:80");
});

test("of what began together, what failed for the same target comes first", () => {
  const lines = [
    ...nginx([0], REFUSED, { path: "/other" }),
    ...nginx([0], REFUSED, { backend: "10.0.0.3:80", path: "/app" }),
    ...nginx([1], NO_LIVE, { backend: "app", path: "/app" }),
  ];
  const { incidents } = read(lines);
  const [consequence] = incidents.filter(({ fault }) => fault === "gateway.no_healthy_backend");
  assert.deepEqual(consequence?.orFrom, []);
  assert.equal(incidents.find(({ number }) => number === consequence?.followsFrom)?.backend, "10.0.0.3:80");
});

test("a site behind a forward proxy does not fail because another one did, but because its peer is dead", () => {
  const squid = (at: number, status: number, url: string, how: string, code: string) =>
    `${Date.UTC(2026, 10, 27, 14) / 1000 + at}.000  1 192.0.2.1 TCP_MISS/${status} 99 GET ${url} - ${how} text/html ${code}`;
  const reset = squid(1, 502, "http://a.example/", "HIER_DIRECT/192.0.2.9", "ERR_READ_ERROR/WITH_SERVER");
  const unsent = squid(2, 502, "http://b.example/", "HIER_NONE/-", "ERR_READ_ERROR/WITH_SERVER");
  const own = squid(2, 503, "http://a.example/x", "HIER_DIRECT/192.0.2.9", "-/-");
  const causes = (lines: readonly string[]) => read(lines).incidents.map(({ fault, followsFrom }) => [fault, followsFrom]);
  assert.deepEqual(causes([reset, unsent, own]).sort(), [
    ["answer.5xx", null],
    ["head.reset", null],
    ["relay.origin_5xx", null],
  ]);
  assert.deepEqual(causes(["2026/11/27 14:00:01| TCP connection to 192.0.2.8/3128 failed", unsent]), [
    ["connect.failed", null],
    ["answer.5xx", 1],
  ]);
});

test("HAProxy: that a backend has no server left follows from what took its own servers out, at the time that syslog says", () => {
  const syslog = (second: number, words: string) => `<129>Nov 27 ${clock(second)} lb haproxy[7]: ${words}`;
  const { incidents } = read([
    syslog(1, 'Server app/a is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.'),
    syslog(2, "Server app/b is DOWN, reason: Layer7 wrong status, code: 503, check duration: 0ms."),
    syslog(2, 'Server other/a is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.'),
    syslog(2, "backend app has no server available!"),
    syslog(2, "backend lone has no server available!"),
  ]);
  const find = (name: string) => incidents.find(({ backend }) => backend === name);
  assert.equal(find("app/a")?.first, "2026-11-27T14:00:01");
  const named = [find("app")?.followsFrom, ...(find("app")?.orFrom ?? [])].sort();
  assert.deepEqual(named, [find("app/a")?.number, find("app/b")?.number].sort());
  assert.equal(find("lone")?.followsFrom, null);
});

test("a connection that was refused for one site does not say why another to the same host failed", () => {
  const squid = (port: number, detail: string) =>
    `${Date.UTC(2026, 10, 27, 14) / 1000}.000 1 192.0.2.1 TCP_MISS/503 9 GET http://192.0.2.9:${port}/ - HIER_DIRECT/192.0.2.9 text/html ERR_CONNECT_FAIL/${detail}`;
  const faults = (lines: readonly string[]) => read(lines).incidents.map(({ fault, count }) => `${fault} ${count}`);
  assert.deepEqual(faults([squid(80, "errno=111"), squid(81, "WITH_SERVER")]).sort(), ["connect.failed 1", "connect.refused 1"]);
  assert.deepEqual(faults([squid(80, "errno=111"), squid(80, "WITH_SERVER")]), ["connect.refused 2"]);
});
