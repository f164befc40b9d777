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
const LARGE_CHARS = 4096;
const GROWTH_MAX = 20;
/** Ten times what one look at so much takes. */
const FEW_MS = 0.4;
const SMALL_MS = 1;
const LARGE_MS = 0.15;

/** A text that takes the pattern more than in proportion to its length; null: there is none. */
function slowText(pattern: RegExp): string | null {
  const tails = /[$.]/.test(pattern.source) ? TAILS : [""];
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
  const small = textOf(Math.ceil(SMALL_CHARS / chars));
  if (leastMs(pattern, small, SMALL_MS) > SMALL_MS) return true;
  const large = textOf(Math.ceil(LARGE_CHARS / chars));
  return leastMs(pattern, large, LARGE_MS) > LARGE_MS && leastMs(pattern, large) > GROWTH_MAX * leastMs(pattern, small);
}

/** The machine may have other work at some of the times. A try that is quick enough is the last. */
function leastMs(pattern: RegExp, text: string, quickMs: number = 0): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && least > quickMs; run++) {
    const startedAt = performance.now();
    look(pattern, text);
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}

const RUNS = 8;

function look(pattern: RegExp, text: string): void {
  pattern.lastIndex = 0;
  if (pattern.global) text.replace(pattern, "");
  else pattern.test(text);
}

test("a text that is eight times as long takes no pattern more than twenty times as long, whatever is in it", () => {
  const files = readSourceFiles().filter(({ room }) => !OWN_ROOMS.includes(room));
  const patterns = files.flatMap(({ path, bare }) => patternsOf(path, bare)).filter(({ pattern }) => !pattern.sticky);
  assert.ok(patterns.length >= 1000, `only ${patterns.length} patterns`);
  const slow = patterns.flatMap(({ place, pattern }) => {
    const text = slowText(pattern);
    return text === null ? [] : [`${place} with ${text}`];
  });
  assert.deepEqual(slow, []);
});

test("patterns that look at what follows again for each beginning are found to be slow, and others are not", () => {
  const slow = [/<[^>]*>/g, /dial .*refused/, /^[ab]+:.*:.*:.*x$/, /^\s*name\b/m, /(\w+\s?)+$/, /"a"[\s\S]*"b"/, /\d+x/];
  for (const pattern of slow) assert.notEqual(slowText(pattern), null, String(pattern));
  for (const pattern of [/<[^<>]*>/g, /dial (?:(?!dial ).)*?refused/, /^[a-z]+: .*$/, /^[ \t]*name\b/m, /^\w+ (\d+)ms$/])
    assert.equal(slowText(pattern), null, String(pattern));
});
