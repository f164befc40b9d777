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
  return new Date(Date.UTC(2026, 10, 27, 14) + second * 1000).toISOString();
}

/** Istio's line of a request to a service; `ms` is how long it took. */
function istio(second: number, end: string, { service = "cart", host = "10.0.0.2:8080", path = "/", ms = 3, method = "GET" } = {}): string {
  return `[${clock(second)}] "${method} ${path} HTTP/1.1" ${end} - "-" 0 91 ${ms} - "192.0.2.${second % 9}" "curl" "id-${second}" "${service}" "${host}" outbound|80||${service}.shop.svc - 10.1.0.1:80 192.0.2.1:40000 - default`;
}

const UF = "503 UF upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111}";
const UH = "503 UH no_healthy_upstream";
const UC = "503 UC upstream_reset_before_response_started{connection_termination}";

test("Istio: that a service has no healthy endpoint follows from its own endpoints, not from those of another service", () => {
  const { incidents } = read([
    istio(0, UF),
    istio(1, UF, { service: "other", host: "10.0.0.9:8080" }),
    istio(2, UH, { host: "-" }),
    istio(3, UH, { host: "-" }),
    istio(4, UH, { service: "lone", host: "-" }),
  ]);
  const find = (fault: string, backend: string) => incidents.find((one) => one.fault === fault && one.backend === backend);
  const cause = find("connect.refused", "cart.shop.svc:80/10.0.0.2:8080");
  assert.equal(find("gateway.no_healthy_backend", "cart.shop.svc:80")?.followsFrom, cause?.number);
  assert.deepEqual(find("gateway.no_healthy_backend", "cart.shop.svc:80")?.orFrom, []);
  assert.match(
    cause?.likely ?? "",
    /^cart\.shop\.svc:80\/10\.0\.0\.2:8080 stopped accepting at 14:00:00; 2 gateway\.no_healthy_backend follow/,
  );
  assert.equal(find("gateway.no_healthy_backend", "lone.shop.svc:80")?.followsFrom, null);
});

test("Envoy: connections that the backend ends now and then, with POST, may be a keep-alive race", () => {
  const races = [0, 100, 290, 600, 850].map((second, index) => istio(second, UC, { method: "POST", path: `/${index}` }));
  const [incident] = read(races).incidents;
  assert.match(incident?.suspicions.join() ?? "", /may be a keep-alive race/);
  assert.match(incident?.setting ?? "", /idle_timeout of the cluster/);
});

test("Envoy: answers that all end after the route's timeout are told as a time limit, by its name", () => {
  const [incident] = read([0, 1, 2, 3].map((second) => istio(second, "504 UT response_timeout", { ms: 15_001 }))).incidents;
  assert.match(incident?.suspicions.join() ?? "", /4 of 4 ended after 15 s: a time limit, not a crash \(Envoy's route timeout\)/);
});

test("hosts that nobody serves, as scanners ask for them, do not stand in front of requests that failed", () => {
  const scans = Array.from({ length: 40 }, (_, index) => istio(index, "404 NR route_not_found", { host: "-", path: `/wp-${index}` }));
  const failed = Array.from({ length: 12 }, (_, index) => istio(index, UF));
  assert.equal(read([...scans, ...failed]).incidents[0]?.fault, "connect.refused");
});

test("Traefik: the 502s of its access log follow from what its own log says of the same server", () => {
  const access = (second: number) =>
    `192.0.2.5 - - [27/Nov/2026:${clock(second).slice(11, 19)} +0000] "GET / HTTP/2.0" 502 11 "-" "-" 9 "web@docker" "http://10.0.0.2:8080" 0ms`;
  const own = (second: number) =>
    `${clock(second).slice(0, 19)}Z DBG github.com/traefik/traefik/v3/pkg/proxy/httputil/proxy.go:121 > 502 Bad Gateway error="dial tcp 10.0.0.2:8080: connect: connection refused"`;
  const { incidents } = read([own(0), access(0), access(1), own(1)]);
  assert.deepEqual(
    incidents.map(({ fault, followsFrom }) => [fault, followsFrom]),
    [
      ["connect.refused", null],
      ["answer.502", 1],
    ],
  );
});

/** A load balancer's line; times are those of the three fields. */
function alb(second: number, status: string, times: string, { took = 0.001, method = "POST" } = {}): string {
  return `https ${clock(second).slice(0, 23)}000Z app/site/50dc 192.0.2.4:1000 10.0.0.2:80 ${times} ${status} 1 1 "${method} https://site.example:443/${second} HTTP/1.1" "curl" ECDHE TLSv1.2 arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/app/1 "Root=1" "site.example" "-" 0 ${clock(second - took).slice(0, 23)}000Z "forward" "-" "-" "10.0.0.2:80" "-" "-" "-"`;
}

test("ALB: 502s of a target that closed, now and then, are told as a keep-alive race with the load balancer's own idle timeout", () => {
  const races = [0, 100, 290, 600, 850].map((second) => alb(second, "502 -", "0.000 -1 -1"));
  const answers = Array.from({ length: 100 }, (_, index) => alb(index * 8, "200 200", "0.000 0.010 0.000"));
  const [incident] = read([...races, ...answers]).incidents;
  assert.equal(incident?.fault, "head.closed");
  assert.match(incident?.suspicions.join() ?? "", /may be a keep-alive race/);
  assert.match(incident?.setting ?? "", /longer than idle_timeout\.timeout_seconds \(60 s\)/);
});

test("ALB: connections that are given up after ten seconds, and answers after sixty, are told by whose limit it was", () => {
  const { incidents } = read([
    ...[0, 20, 40].map((second) => alb(second, "504 -", "-1 -1 -1", { took: 10.002 })),
    ...[100, 200, 300].map((second) => alb(second, "504 -", "0.000 -1 -1", { took: 60.001 })),
  ]);
  const suspicion = (fault: string) => incidents.find((one) => one.fault === fault)?.suspicions.join() ?? "";
  assert.match(suspicion("connect.timeout"), /3 of 3 ended after 10 s.*AWS ALB's 10 s for a connection/);
  assert.match(suspicion("head.timeout"), /3 of 3 ended after 60 s.*AWS ALB's idle timeout/);
});

test("CloudFront: the order of fields is the one that the log's own line says", () => {
  const { incidents, unknown } = read([
    "#Version: 1.0",
    "#Fields: date time sc-status cs-method x-edge-detailed-result-type x-host-header cs-uri-stem time-taken c-ip x-edge-result-type",
    "2026-11-27\t14:02:07\t502\tGET\tOriginConnectError\twww.example.com\t/a\t0.1\t192.0.2.1\tError",
  ]);
  assert.equal(unknown.lines, 0);
  assert.deepEqual(
    incidents.map(({ fault, targets }) => [fault, targets[0]?.text]),
    [["connect.failed", "www.example.com/a"]],
  );
});

test("secrets in a log of an edge are not told", () => {
  const lines = [
    istio(0, UF, { path: "/login?token=geheim" }),
    alb(1, "502 -", "-1 -1 -1").replace("/1 HTTP", "/1?token=geheim HTTP"),
    `{"ClientHost":"192.0.2.1","DownstreamStatus":502,"OriginStatus":502,"OriginContentSize":11,"RequestHost":"a.example","RequestMethod":"GET","RequestPath":"/x?token=geheim","RouterName":"a@file","ServiceAddr":"10.0.0.2:80","request_Authorization":"Bearer geheim123","StartUTC":"2026-11-27T14:00:00Z"}`,
    `time="2026-11-27T14:00:00Z" level=error msg="cannot ask http://user:geheim@10.0.0.2/x?token=geheim"`,
  ];
  assert.doesNotMatch(JSON.stringify(read(lines)), /geheim/);
  assert.equal(read(lines).failures, 3);
});
