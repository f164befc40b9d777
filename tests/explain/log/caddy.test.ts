import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

type Line = string | Readonly<Record<string, unknown>>;

function read(...lines: readonly Line[]): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("caddy.log");
  reader.push(Buffer.from(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")));
  reader.end();
  return reader.report();
}

function told(...lines: readonly Line[]): string[] {
  const { incidents, unknown } = read(...lines);
  assert.equal(unknown.lines, 0);
  return incidents.map(({ fault, backend, count }) => `${count} ${fault} ${backend ?? "-"}`);
}

const REQUEST = { remote_ip: "192.0.2.1", remote_port: "5000", method: "GET", host: "site.example", uri: "/x?token=geheim", headers: {} };
const ERROR = {
  level: "error",
  ts: 1795766420.8,
  logger: "http.log.error",
  msg: "dial tcp 10.0.0.2:8080: connect: connection refused",
  request: REQUEST,
  duration: 0.0002,
  status: 502,
};
const ACCESS = {
  level: "error",
  ts: 1795766420.8,
  logger: "http.log.access",
  msg: "handled request",
  request: REQUEST,
  duration: 0.0002,
  status: 502,
  resp_headers: { Server: ["Caddy"] },
};

test("the error and the access line of one request are one failure, each of them alone is one too", () => {
  assert.deepEqual(told(ERROR, ACCESS), ["1 connect.refused 10.0.0.2:8080"]);
  assert.deepEqual(told(ERROR), ["1 connect.refused 10.0.0.2:8080"]);
  assert.deepEqual(told(ACCESS), ["1 answer.502 -"]);
  assert.equal(read({ ...ACCESS, status: 200, level: "info" }).failures, 0);
  assert.ok(!JSON.stringify(read(ERROR, ACCESS)).includes("geheim"));
});

test("a 5xx with a date of its own came from the backend", () => {
  const headers = { Server: ["nginx"], Date: ["Fri, 27 Nov 2026 08:00:20 GMT"] };
  assert.deepEqual(told({ ...ACCESS, resp_headers: headers }), ["1 relay.origin_5xx -"]);
});

test("times as texts, syslog around the line and a level in colour are read", () => {
  const text = { ...ERROR, ts: "2026-11-27T14:02:07.123Z" };
  assert.equal(read(text).first, "2026-11-27T14:02:07");
  assert.deepEqual(told(`Nov 27 14:02:07 web caddy[7]: ${JSON.stringify(ERROR)}`), ["1 connect.refused 10.0.0.2:8080"]);
  const { msg, request, status, duration } = ERROR;
  const line = `2026/11/27 08:02:17.292\t\u001b[31mERROR\u001b[0m\thttp.log.error\t${msg}\t${JSON.stringify({ request, status, duration })}`;
  assert.deepEqual(told(line), ["1 connect.refused 10.0.0.2:8080"]);
  const { ts: _, ...timeless } = ERROR;
  assert.deepEqual(told(timeless), ["1 connect.refused 10.0.0.2:8080"]);
});

test("health checks that fail name the backend and why, and those that do not are quiet", () => {
  const check = { level: "info", ts: 1795766420, logger: "http.handlers.reverse_proxy.health_checker.active", host: "10.0.0.3:80" };
  assert.deepEqual(
    told(
      { ...check, msg: "HTTP request failed", error: 'Get "http://10.0.0.3:80/": dial tcp 10.0.0.3:80: connect: no route to host' },
      { ...check, msg: "status code out of tolerances", status_code: 503 },
      { ...check, msg: "host is up" },
    ).toSorted(),
    ["1 connect.host_unreachable 10.0.0.3:80", "1 gateway.backend_down 10.0.0.3:80"],
  );
});

test("a body that breaks off is told twice and counts once; a client that left is no backend's failure", () => {
  const broken = { level: "error", ts: 1795766420, logger: "http.handlers.reverse_proxy", error: "unexpected EOF" };
  const twice = [
    { ...broken, msg: "reading from backend" },
    { ...broken, msg: "aborting with incomplete response" },
  ] as const;
  assert.deepEqual(told(...twice, ...twice), ["2 body.truncated -"]);
  assert.deepEqual(told({ ...broken, msg: "aborting with incomplete response", error: "context canceled" }), [
    "1 client.closed_during_response -",
  ]);
  assert.deepEqual(told({ ...ACCESS, status: 0, duration: 12.5, level: "info" }), ["1 client.closed_waiting -"]);
  assert.deepEqual(told({ ...ACCESS, status: 0, duration: 0.00001, level: "info" }), []);
});

test("what an application behind FastCGI prints is its own failure where it is fatal, and TLS of a backend is never a wrong config", () => {
  const printed = { level: "error", ts: 1795766420, logger: "http.reverse_proxy.transport.fastcgi", msg: "stderr" };
  assert.deepEqual(
    told(
      { ...printed, body: "PHP message: PHP Fatal error:  Uncaught TypeError in /srv/app.php:3" },
      { ...printed, body: "PHP message: PHP Warning:  Undefined variable $a" },
    ),
    ["1 origin.app_stderr -"],
  );
  assert.deepEqual(told({ ...ERROR, msg: "remote error: tls: unrecognized name" }), ["1 tls.sni_unrecognized -"]);
});

test("what Caddy says of certificates is shown, and lines of other programs that write as it does are none of its", () => {
  const warning = { level: "error", ts: 1795766420, logger: "tls.obtain", msg: "could not get certificate from issuer", error: "HTTP 429" };
  const { unexplained, unknown } = read(warning, { level: "error", ts: 1795766420, logger: "cert-manager", msg: "x" });
  assert.deepEqual([unexplained.lines, unknown.lines], [1, 1]);
});
