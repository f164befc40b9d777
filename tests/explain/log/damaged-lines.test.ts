import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

/** Lines of all formats that are read, as the fixtures have them. */
const FOLDER = new URL("../fixtures/", import.meta.url);
const LOGS = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));
const LINES = LOGS.map((name) => readFileSync(new URL(name, FOLDER), "latin1").trimEnd().split("\n"));

function read(text: string): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(text, "latin1"));
  reader.end();
  return reader.report();
}

const anyLine = fc.constantFrom(...LINES.flat());

test("a line that is cut off anywhere, or has junk in it, is counted, whatever format it is of", () => {
  fc.assert(
    fc.property(anyLine, fc.nat(), fc.string({ maxLength: 40 }), (line, at, junk) => {
      const cut = at % (line.length + 1);
      const damaged = [line.slice(0, cut), line.slice(0, cut) + junk.replaceAll("\n", " ") + line.slice(cut)];
      return damaged.every((one) => read(one).lines === (one === "" ? 0 : 1));
    }),
    { numRuns: 2000 },
  );
});

test("a line of megabytes takes no longer than others, whatever format its start is of, and the lines around it are read", () => {
  for (const lines of LINES) {
    const [first = ""] = lines;
    const report = read(`${first}\n${first}${" x".repeat(1_000_000)}\n${first}\n`);
    assert.equal(report.lines, 3);
    assert.match(report.notes.join(), /longer than 64 KiB/);
  }
});

test("parts of a line that come again and again are no way to make it slow", () => {
  for (const line of new Set(LINES.map((lines) => lines.at(-1) ?? ""))) {
    const parts = line.split(" ", 12);
    for (const part of parts) assert.equal(read(`${line.slice(0, line.indexOf(part))}${`${part} `.repeat(20_000)}`).lines, 1);
  }
});

test("words of Go's that come again and again are no way to make a line slow", () => {
  for (const part of ["dial tcp x: ", "lookup a: ", "dial tcp a: b: 502 ", "caused by: a "]) {
    const started = process.cpuUsage();
    for (let line = 0; line < 20; line++) read(`dial tcp proxy ${part.repeat(5000)}`);
    const { user } = process.cpuUsage(started);
    // Microseconds. One line took seconds when it was quadratic.
    assert.ok(user < 10_000_000, `${part}: ${user} µs`);
  }
});

test("lines of all formats among each other tell as many failures as each alone, and each format is named", () => {
  const alone = LINES.map((lines) => read(lines.join("\n")));
  const most = Math.max(...LINES.map((lines) => lines.length));
  const among = Array.from({ length: most }, (_, index) => LINES.flatMap((lines) => lines[index] ?? [])).flat();
  const mixed = read(among.join("\n"));
  const names = (report: LogReport) => report.formats.map(({ name }) => name);
  assert.deepEqual(names(mixed).sort(), [...new Set(alone.flatMap(names))].sort());
  assert.equal(mixed.lines, among.length);
  for (const program of ["envoy", "traefik", "alb", "cloudfront", "nginx", "haproxy", "access"]) {
    const failures = (report: LogReport) =>
      report.incidents.filter((one) => one.program === program).reduce((sum, { count }) => sum + count, 0);
    const sum = alone.reduce((all, report) => all + failures(report), 0);
    assert.equal(failures(mixed), sum, program);
  }
});

test("a clock that is years off for a moment moves no incident, in Envoy's, Traefik's and Amazon's logs too", () => {
  for (const name of ["envoy-lines.txt", "traefik-lines.txt", "alb-lines.txt", "cloudfront-lines.txt"]) {
    const line = readFileSync(new URL(name, FOLDER), "utf8")
      .split("\n")
      .find((one) => / 50[23] |\t502\t/.test(one));
    assert.ok(line !== undefined, name);
    const { notes, last } = read([line, line.replaceAll(/20(?:18|19|2\d)(?=[-:/])/g, "1999"), line].join("\n"));
    assert.match(notes.join(), /1 line has a time more than a year off/, name);
    assert.doesNotMatch(last ?? "", /^1999/);
  }
});
