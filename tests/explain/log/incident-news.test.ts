import assert from "node:assert/strict";
import { test } from "node:test";
import { IncidentNews } from "../../../src/explain/log/incident-news.ts";
import { LogReader } from "../../../src/explain/log/log-reader.ts";

const REFUSED =
  '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"\n';

test("an incident is told when it begins, when it has grown tenfold, once a minute while it goes on, and when it has not for a minute", () => {
  const reader = new LogReader({ format: null, year: 2026 });
  const news = new IncidentNews();
  reader.open("x.log");
  const told = (lines: number, nowMs: number) => {
    reader.push(Buffer.from(REFUSED.repeat(lines)));
    return news.read(reader.incidents(), nowMs).map(({ kind, count, added }) => `${kind} ${count} ${added}`);
  };
  assert.deepEqual(told(2, 0), ["opened 2 2"]);
  assert.deepEqual(told(0, 1000), []);
  assert.deepEqual(told(17, 2000), []);
  assert.deepEqual(told(1, 3000), ["grew 20 18"]);
  assert.deepEqual(told(5, 62_999), []);
  assert.deepEqual(told(0, 63_000), ["grew 25 5"]);
  assert.deepEqual(told(0, 122_998), []);
  assert.deepEqual(told(0, 122_999), ["quiet 25 0"]);
  assert.deepEqual(told(0, 500_000), []);
  assert.deepEqual(told(1, 500_001), ["grew 26 1"]);
});

test("what was there before is told of as soon as it goes on", () => {
  const reader = new LogReader({ format: null, year: 2026 });
  const news = new IncidentNews();
  reader.open("x.log");
  reader.push(Buffer.from(REFUSED.repeat(3)));
  news.skip(reader.incidents(), 0);
  assert.deepEqual(news.read(reader.incidents(), 100_000), []);
  reader.push(Buffer.from(REFUSED));
  const [one] = news.read(reader.incidents(), 100_001);
  assert.deepEqual([one?.kind, one?.count, one?.added, one?.culprit, one?.last], ["grew", 4, 1, "origin", "2026-11-27T14:02:07"]);
});
