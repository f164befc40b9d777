import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

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

function told(line: string): string | null {
  const { incidents, unknown, unexplained } = read(line);
  const [incident] = incidents;
  if (incident !== undefined) return `${incident.fault} ${incident.backend ?? "-"}`;
  return unknown.lines > 0 ? "unknown" : unexplained.lines > 0 ? "?" : null;
}

test("logs of nginx, HAProxy and Squid are there", () => {
  for (const program of ["nginx-", "haproxy-", "squid-"]) assert.ok(LOGS.filter((name) => name.startsWith(program)).length >= 2, program);
});

for (const name of LOGS) {
  test(`every line of ${name} is read as what it says`, () => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    const lines = text.trimEnd().split("\n");
    const found = lines.flatMap((line, index) => told(line)?.replace(/^/, `${index + 1} `) ?? []);
    const expected = readFileSync(new URL(name.replace(/txt$/, "expected"), FOLDER), "utf8")
      .trimEnd()
      .split("\n");
    assert.deepEqual(found, expected);
    const whole = read(text);
    assert.equal(whole.failures, expected.filter((one) => !one.endsWith("?")).length);
    assert.equal(whole.unknown.lines, 0);
  });
}
