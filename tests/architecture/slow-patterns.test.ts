import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hostileTexts } from "./hostile-texts.ts";
import { ROOT, readSourceFiles } from "./source-files.ts";

/** They read what whoever started the program gave it, and answer to nobody else. */
const OWN_ROOMS = ["cli", "lab", "demo"];

interface Pattern {
  /** With file and line. */
  readonly place: string;
  readonly pattern: RegExp;
}

/** The patterns that stand in the source as such. */
function patternsOf(path: string, bare: string): Pattern[] {
  const text = readFileSync(`${ROOT}src/${path}`, "utf8");
  return [...bare.matchAll(/\/( +)\/([dgimsuvy]*)/g)].map(({ 1: inside = "", 2: flags, index }) => {
    const source = text.slice(index + 1, index + 1 + inside.length);
    return { place: `src/${path}:${text.slice(0, index).split("\n").length}: /${source}/${flags}`, pattern: new RegExp(source, flags) };
  });
}

/** What makes a pattern fail where all before it matched: a line's end, and in lines the one character that `.` does not match there. */
const TAILS = ["\n\u0001", "a\rb"];
/** With so many parts a number of ways that doubles with each is seen, and does not yet take for ever. */
const FEW = 17;
/** With so many characters, one that grows with the third power. */
const SMALL_CHARS = 512;
const LARGE_CHARS = 2048;
/** What may come between two parts has a bound in some patterns, which is far below. */
const HUGE_CHARS = 8 * LARGE_CHARS;
const GROWTH_MAX = 20;
/** Several times what one look at so much takes. */
const FEW_MS = 0.4;
const SMALL_MS = 1;
const LARGE_MS = 0.04;

/** A text that takes the pattern more than in proportion to its length; null: there is none. */
function slowText(pattern: RegExp): string | null {
  const tails = pattern.source.includes("$") ? TAILS : TAILS.slice(0, 1);
  for (const { start, again } of hostileTexts(pattern)) {
    for (const tail of tails) {
      const isSlow = isSlowFor(pattern, again.length, (times) => start + again.repeat(times) + tail);
      if (isSlow) return JSON.stringify({ start, again, tail });
    }
  }
  return null;
}

function isSlowFor(pattern: RegExp, chars: number, textOf: (times: number) => string): boolean {
  if (leastMs(pattern, textOf(FEW), FEW_MS) > FEW_MS) return true;
  if (leastMs(pattern, textOf(Math.ceil(SMALL_CHARS / chars)), SMALL_MS) > SMALL_MS) return true;
  const large = textOf(Math.ceil(LARGE_CHARS / chars));
  if (leastMs(pattern, large, LARGE_MS) <= LARGE_MS) return false;
  const mostMs = GROWTH_MAX * leastMs(pattern, large);
  return leastMs(pattern, textOf(Math.ceil(HUGE_CHARS / chars)), mostMs, HUGE_RUNS) > mostMs;
}

/**
 * Of our own time: on a machine with other work a look may take long that is none. A try that is quick enough is the last, and most are by
 * any clock.
 */
function leastMs(pattern: RegExp, text: string, quickMs: number = 0, runs: number = RUNS): number {
  const startedAt = performance.now();
  look(pattern, text);
  let least = performance.now() - startedAt;
  for (let run = 1; run < runs && least > quickMs; run++) {
    const before = process.cpuUsage();
    look(pattern, text);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

const RUNS = 8;
/** What is slow then takes a good part of a second each time. */
const HUGE_RUNS = 3;

function look(pattern: RegExp, text: string): void {
  pattern.lastIndex = 0;
  if (pattern.global) text.replace(pattern, "");
  else pattern.test(text);
}

const files = readSourceFiles().filter(({ room }) => !OWN_ROOMS.includes(room));
const patterns = files.flatMap(({ path, bare }) => patternsOf(path, bare)).filter(({ pattern }) => !pattern.sticky);

test("sees the patterns of every room", () => {
  assert.ok(patterns.length >= 1000, `only ${patterns.length} patterns`);
});

const isExplains = ({ place }: Pattern) => place.startsWith("src/explain/");
for (const [whose, some] of [
  ["explain's", patterns.filter(isExplains)],
  ["the other rooms'", patterns.filter((one) => !isExplains(one))],
] as const) {
  test(`a text that is eight times as long takes none of ${whose} patterns more than twenty times as long, whatever is in it`, () => {
    const slow = some.map(({ place, pattern }) => ({ place, text: slowText(pattern) })).filter(({ text }) => text !== null);
    assert.deepEqual(slow, []);
  });
}

test("patterns that look at what follows again for each beginning are found to be slow, and others are not", () => {
  const slow = [/<[^>]*>/g, /dial .*refused/, /^[ab]+:.*:.*:.*x$/, /^\s*name\b/m, /(\w+\s?)+$/, /"a"[\s\S]*"b"/, /\d+x/];
  for (const pattern of slow) assert.notEqual(slowText(pattern), null, String(pattern));
  for (const pattern of [/<[^<>]*>/g, /dial (?:(?!dial ).)*?refused/, /^[a-z]+: .*$/, /^[ \t]*name\b/m, /^\w+ (\d+)ms$/])
    assert.equal(slowText(pattern), null, String(pattern));
});
