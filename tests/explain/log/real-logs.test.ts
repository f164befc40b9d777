import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { LogEvent } from "../../../src/explain/log/log-event.ts";
import { formatsNamed } from "../../../src/explain/log/log-formats.ts";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";
import { unwrapAll } from "../../../src/explain/log/wrapped-line.ts";

/**
 * Logs that the programs in their names wrote while backends of theirs refused, hung, broke off and sent nonsense; those without a version
 * are made after lines that people published, with other names and addresses. Beside each is what its lines say: `LINE FAULT BACKEND`, or `LINE ?` for a warning that no rule explains. All other lines tell of no failure.
 */
const FOLDER = new URL("../fixtures/", import.meta.url);
const LOGS = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

function read(text: string): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(text));
  reader.end();
  return reader.report();
}

/** What each line says behind those before it: two lines may be about one failure. */
function tellEach(lines: readonly string[]): string[] {
  const formats = formatsNamed(null, 2026);
  const readBy = (line: string, isLast: boolean) =>
    formats.reduce<LogEvent | null>((found, format) => found ?? ((format.isLast === true) === isLast ? format.read(line) : null), null);
  const readOne = (line: string) => {
    const inner = [line, ...[...unwrapAll(line, 2026)].map((unwrapped) => unwrapped.line)];
    return inner.reduce<LogEvent | null>((found, one) => found ?? readBy(one, false), null) ?? readBy(line, true);
  };
  return lines.flatMap((line, index) => {
    const event = readOne(line);
    if (event === null) return line === "" ? [] : [`${index + 1} unknown`];
    if (event.fault !== null) return [`${index + 1} ${event.fault} ${event.backend ?? "-"}`];
    return event.words === "" ? [] : [`${index + 1} ?`];
  });
}

test("logs of each program are there", () => {
  for (const program of ["nginx-", "haproxy-", "squid-", "apache-", "varnish-", "caddy-"])
    assert.ok(LOGS.filter((name) => name.startsWith(program)).length >= 2, program);
  for (const program of ["tinyproxy-", "privoxy-", "envoy-", "traefik-", "alb-", "cloudfront-", "gcp-", "azure-", "fly-"])
    assert.ok(
      LOGS.some((name) => name.startsWith(program)),
      program,
    );
});

for (const name of LOGS) {
  test(`every line of ${name} is read as what it says`, () => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    const lines = text.trimEnd().split("\n");
    const expected = readFileSync(new URL(name.replace(/txt$/, "expected"), FOLDER), "utf8")
      .trimEnd()
      .split("\n");
    assert.deepEqual(tellEach(lines), expected);
    const whole = read(text);
    assert.equal(whole.failures, expected.filter((one) => !one.endsWith("?")).length);
    assert.equal(whole.unknown.lines, 0);
  });
}
