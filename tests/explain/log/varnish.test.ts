import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";

function told(...lines: readonly string[]): string[] {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  reader.end();
  const { incidents, unknown } = reader.report();
  assert.equal(unknown.lines, 0);
  return incidents.map(({ fault, backend, count }) => `${count} ${fault} ${backend ?? "-"}`);
}

test("FetchError alone, as a filtered varnishlog prints it, says what it can", () => {
  const line = (words: string) => told("*   << BeReq    >> 7         ", `-   FetchError     ${words}`);
  assert.deepEqual(line("backend app: fail errno 113 (No route to host)"), ["1 connect.host_unreachable app"]);
  assert.deepEqual(line("backend app: fail errno 0 (Success)"), ["1 connect.failed app"]);
  assert.deepEqual(line("backend app: busy"), ["1 gateway.upstream_limit app"]);
  assert.deepEqual(line("http format error"), ["1 head.invalid -"]);
});

test("the words of Varnish 4 and 5 are known too", () => {
  const line = (words: string) => told(`-   FetchError     ${words}`);
  assert.deepEqual(line("no backend connection"), ["1 gateway.no_healthy_backend -"]);
  assert.deepEqual(line("http first read error: EOF"), ["1 head.closed_empty -"]);
  assert.deepEqual(line("http first read error: -1 11 (No error recorded)"), ["1 head.timeout -"]);
  assert.deepEqual(line("straight read_error: -1 104 (Connection reset by peer)"), ["1 body.reset -"]);
  assert.deepEqual(line("Could not get storage"), ["1 gateway.overloaded -"]);
});

test("raw lines of several requests at once are kept apart, and each fails once", () => {
  const raw = [
    "         7 Begin          b bereq 6 fetch",
    "         9 Begin          b bereq 8 fetch",
    "         7 BereqURL       b /a?token=geheim",
    "         9 BereqURL       b /b",
    "         7 BackendOpen    b 18 one 10.0.0.1 80 10.0.0.9 4000 connect",
    "         9 BackendOpen    b 19 two 10.0.0.2 80 10.0.0.9 4001 connect",
    "         7 FetchError     b Connection reset by peer",
    "         9 FetchError     b first byte timeout",
    "         7 FetchError     b straight insufficient bytes",
    "         7 End            b ",
    "         9 End            b ",
  ];
  assert.deepEqual(told(...raw).toSorted(), ["1 body.reset one", "1 head.timeout two"]);
});

test("a probe that takes a backend out counts once, by its reason; what it repeats does not", () => {
  assert.deepEqual(
    told(
      '         0 Backend_health - boot.app Went sick -------- 2 3 8 0.000000 0.000000 "Open error 111 (Connection refused)"',
      '         0 Backend_health - boot.app Still sick -------- 1 3 8 0.000000 0.000000 "Open error 111 (Connection refused)"',
      '         0 Backend_health - boot.app Back healthy 4---X-RH 3 3 8 0.001 0.001 "HTTP/1.1 200 OK"',
    ),
    ["1 connect.refused boot.app"],
  );
  const older = "    0 Backend_health - default Went sick 4--X-R- 2 3 8 0.000425 0.000562 HTTP/1.1 503 Service Unavailable";
  assert.deepEqual(told(older), ["1 gateway.backend_down default"]);
});

test("a child of Varnish that died is Varnish's own failure, behind syslog too", () => {
  assert.deepEqual(
    told("Nov 27 14:02:07 edge varnishd[7]: Child (12) died signal=6", "Nov 27 14:02:08 edge varnishd[7]: Child (13) Started"),
    ["1 gateway.internal_error -"],
  );
});
