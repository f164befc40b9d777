import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

function read(...lines: readonly string[]): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  reader.end();
  return reader.report();
}

function told(...lines: readonly string[]): string[] {
  const { incidents, unknown } = read(...lines);
  assert.equal(unknown.lines, 0);
  return incidents.map(({ fault, backend, count }) => `${count} ${fault} ${backend ?? "-"}`).toSorted();
}

test("tinyproxy's times have no year: that of the reader counts, with and without milliseconds", () => {
  const line = (time: string) => `ERROR     ${time} [7]: opensock: Could not establish a connection to site.example:443`;
  assert.equal(read(line("Nov 27 08:06:08.992")).first, "2026-11-27T08:06:08");
  assert.deepEqual(told(line("Nov  7 08:06:08")), ["1 connect.failed site.example:443"]);
});

test("tinyproxy without its lines of level info still tells of half a head, and of a parent once", () => {
  const line = (level: string, text: string) => `${level.padEnd(9)} Nov 27 08:06:08 [7]: ${text}`;
  assert.deepEqual(told(line("WARNING", "Could not retrieve all the headers from the remote server.")), ["1 head.closed -"]);
  assert.deepEqual(
    told(
      line("ERROR", "opensock: Could not establish a connection to 10.0.0.1:3128"),
      line("WARNING", "Could not connect to upstream proxy."),
    ),
    ["1 connect.failed 10.0.0.1:3128"],
  );
});

test("tinyproxy: a connection that breaks is the client's or the site's by the number of its socket", () => {
  const line = (text: string) => `CONNECT   Nov 27 08:06:08.100 [7]: ${text}`;
  const broken = (socket: number) =>
    `ERROR     Nov 27 08:06:09.100 [7]: read_buffer: read() failed on fd ${socket}: Connection reset by peer`;
  const begin = [
    line("Request (file descriptor 5): GET http://site.example/ HTTP/1.1"),
    line('Established connection to host "site.example" using file descriptor 6.'),
  ];
  assert.deepEqual(told(...begin, broken(6)), ["1 body.reset site.example"]);
  assert.deepEqual(told(...begin, broken(5)), ["1 client.closed_during_response -"]);
});

test("Privoxy: an error and the crunch that follows from it count once, of one request", () => {
  const line = (second: string, text: string) => `2026-11-27 08:06:46.${second} 7fa6d983c6c0 ${text}`;
  const lines = [
    line("100", "Request: site.example/a"),
    line("101", "Error: No server or forwarder response received on socket 7."),
    line("102", "Crunch: No server data received: http://site.example/a"),
    line("103", "Request: other.example/b"),
    line("104", "Crunch: Forwarding failed: http://other.example/b"),
  ];
  assert.deepEqual(told(...lines), ["1 handshake.exit_unavailable -", "1 head.closed_empty site.example"]);
  assert.deepEqual(told(line("200", "Fatal error: can't bind to 127.0.0.1:8118: Address already in use")), ["1 gateway.config_error -"]);
});
