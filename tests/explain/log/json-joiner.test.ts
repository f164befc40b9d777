import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { JsonJoiner } from "../../../src/explain/log/json-joiner.ts";
import { looksLikeLog } from "../../../src/explain/log/log-formats.ts";
import { LogReader } from "../../../src/explain/log/log-reader.ts";

const LINES = ["gcp-lines", "azure-lines"].flatMap((name) =>
  readFileSync(new URL(`../fixtures/${name}.txt`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n"),
);

function read(text: string): string[] {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("x.log");
  reader.push(Buffer.from(text));
  reader.end();
  const { incidents, unknown } = reader.report();
  assert.equal(unknown.lines, 0);
  return incidents.map(({ fault, backend, count }) => `${fault} ${backend} ${count}`).sort();
}

function join(text: string): (readonly [string, number])[] {
  const out: (readonly [string, number])[] = [];
  const joiner = new JsonJoiner((line, number) => out.push([line, number]));
  for (const [index, line] of text.split("\n").entries()) joiner.push(line, index + 1);
  joiner.end();
  return out;
}

test("entries that stand over many lines are read as those in one, in a list and one after the other, and are known for a log", () => {
  const values = LINES.map((line) => JSON.parse(line) as unknown);
  const whole = read(LINES.join("\n"));
  const list = JSON.stringify(values, null, 2);
  const chain = values.map((value) => JSON.stringify(value, null, 4)).join("\n");
  assert.deepEqual(read(list), whole);
  assert.deepEqual(read(chain), whole);
  assert.deepEqual(read(list.replaceAll("\n", "\r\n")), whole);
  assert.equal(looksLikeLog(list, 2026), "surely");
  assert.equal(looksLikeLog(chain, 2026), "surely");
});

test("lists in one line, and with a name around them, are cut into their entries, however long they are", () => {
  const values = LINES.map((line) => JSON.parse(line) as unknown);
  const whole = read(LINES.join("\n"));
  assert.deepEqual(read(JSON.stringify(values)), whole);
  assert.deepEqual(read(JSON.stringify({ records: values })), whole);
  assert.deepEqual(read(JSON.stringify({ events: values.slice(0, 4) }, null, 4)), read(LINES.slice(0, 4).join("\n")));
  const many = Array.from({ length: 40 }, () => values).flat();
  // Its first and last lines are no entries.
  const lines = join(JSON.stringify({ records: many }, null, 2)).map(([line]) => line);
  assert.equal(lines.filter((line) => line.startsWith("{") && line.length > 1).length, many.length);
});

test("lines that only open objects are no way to make it slow", () => {
  const started = process.cpuUsage();
  join("{\n".repeat(60_000));
  join(Array.from({ length: 20_000 }, (_, index) => `${" ".repeat(index % 500)}{`).join("\n"));
  const { user } = process.cpuUsage(started);
  assert.ok(user < 10_000_000, `${user} µs`);
});

test("an entry has the number of its first line", () => {
  assert.deepEqual(join('x\n{\n  "a": 1\n}\ny'), [
    ["x", 1],
    ['{"a": 1}', 2],
    ["y", 5],
  ]);
});

test("no line is lost: what has no end, is no JSON or is too long comes as it stood", () => {
  const numbered = (lines: readonly string[]) => lines.map((line, index) => [line, index + 1]);
  for (const lines of [
    ["{", "a", "b"],
    ["{", "not json", "}"],
    ["{", ...Array.from({ length: 3000 }, () => "x".repeat(40)), "}"],
  ])
    assert.deepEqual(join(lines.join("\n")), numbered(lines));
  fc.assert(
    fc.property(fc.array(fc.constantFrom("{", "}", "  {", "  },", '"a": 1', "x", "")), (lines) => {
      const out = join(lines.join("\n"));
      const objects = out.filter(([line]) => line.startsWith("{") && line.length > 1);
      assert.ok(objects.every(([line]) => JSON.parse(line) !== null));
      if (objects.length === 0) assert.deepEqual(out, numbered(lines.length === 0 ? [""] : lines));
    }),
  );
});

test("a line costs its length, however many blanks stand where a list or an object could end", () => {
  const blanks = " ".repeat(64 * 1024);
  const begun = performance.now();
  for (const lines of [[`[{}]${blanks}x`], ["{", `}${blanks}x`], [`${blanks}x{`]])
    assert.equal(join(lines.join("\n")).length, lines.length);
  // With a cost that grows with the square it is seconds.
  assert.ok(performance.now() - begun < 1000);
});
