import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { parseSource, readSourceFiles, type SourceFile } from "./source-files.ts";

/** They stage misbehaviour, and serve nobody. */
const STAGE_ROOMS = ["lab", "demo"];

const files = readSourceFiles().filter((file) => !STAGE_ROOMS.includes(file.room));

test("sees every file that waits, buffers or remembers", () => {
  assert.ok(files.length >= 150, `only ${files.length} files`);
});

/** The delay of each timer: the last argument of the plain functions, the first of the others. */
function delaysOf({ bare }: SourceFile): string[] {
  return [...bare.matchAll(/(\.?)\b(setTimeout|setInterval|AbortSignal\.timeout)\(/g)].map((call) => {
    const args = splitArguments(bare.slice(call.index + call[0].length));
    const first = call[1] === "." || call[2] === "AbortSignal.timeout";
    return (first ? args[0] : args.at(-1)) ?? "";
  });
}

/** What stands between a call's opening bracket, which is gone, and its closing one, cut at the commas of that level. */
function splitArguments(code: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at] as string;
    if ("([{".includes(char)) depth++;
    else if (depth > 0 && ")]}".includes(char)) depth--;
    else if (depth === 0 && (char === "," || char === ")")) {
      parts.push(code.slice(from, at).trim());
      from = at + 1;
      if (char === ")") break;
    }
  }
  return parts.filter((part) => part !== "");
}

/** A number of its own; 0 and 1 are no time but "at once" and "no less". */
const BARE_NUMBER = /(?<![\w.$])(?:[2-9]|\d[\d_]+)(?![\w.$])/;

test("every timer waits for a time that has a name", () => {
  const delays = files.flatMap((file) => delaysOf(file).map((delay) => `${file.path}: ${delay}`));
  assert.ok(delays.length >= 20, `only ${delays.length} timers`);
  assert.deepEqual(
    delays.filter((delay) => BARE_NUMBER.test(delay.slice(delay.indexOf(": ")))),
    [],
  );
});

/** Constants of a file that are numbers, and not those of a protocol (written in hex) or so small that they only count. */
function numbersOf({ bare }: SourceFile): string[] {
  return [...bare.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = ([\d_][\d_* +]*);/gm)]
    .filter(([, , value = ""]) => value.includes("*") || Number(value.replaceAll("_", "")) >= 20)
    .map(([, name = ""]) => name);
}

/** A unit, or what is counted. */
const UNIT = /(?:^|_)(?:MS|S|BYTES|CHARS|DIGITS|PORT|MIN|MAX|TICKS|REQUESTS|RECORDS|KIB|SECOND|MINUTE|CAPACITY|BACKLOG|STEMS)(?:_|$)/;

test("every limit is a key of the config or a constant whose name has its unit", () => {
  const constants = files.flatMap((file) => numbersOf(file).map((name) => ({ name, path: file.path })));
  assert.ok(constants.length >= 40, `only ${constants.length} constants`);
  assert.deepEqual(
    constants.filter(({ name }) => !UNIT.test(name)),
    [],
  );
});

test("every limit of the config is one that somebody keeps", () => {
  const { attempts, timeouts, limits, tolerances, targets } = DEFAULTS;
  const keys = [attempts, timeouts, limits, limits.message, tolerances, targets].flatMap((section) => Object.keys(section));
  assert.ok(keys.length >= 35, `only ${keys.length} keys`);
  const users = files.filter(({ room }) => room !== "config" && room !== "core");
  const unused = keys.filter((key) => !users.some(({ bare }) => new RegExp(`\\b${key}\\b`).test(bare)));
  assert.deepEqual(unused, []);
});

/** Fields that only grow, with what bounds them. */
const BOUNDED_OTHERWISE: Readonly<Record<string, string>> = {
  "check/summary.ts": "one entry a fault",
  "observe/tally.ts": "labels are of closed sets",
  "cli/run-summary.ts": "one entry an exit",
  "wire/plain-line-bytes.ts": "as many as TEXTS_MAX",
  "wire/exit-list.ts": "one entry a line of its texts",
  "sources/layered-exits.ts": "as many exits as were added",
  "diagnose/watch.ts": "one entry a route of the question, and as many endings as ENDINGS_MAX",
  "core/exit-rows.ts": "no more kinds than its list has exits",
};

test("no map or set that outlives a call only grows", () => {
  const growing = files.filter(({ bare }) => /(?:#\w+|^(?:export )?const \w+) = new (?:Map|Set)(?:<[^()]*>)?\(\);/m.test(bare));
  assert.ok(growing.length >= 10, `only ${growing.length} files remember something`);
  const endless = growing.filter(({ bare }) => !/\.(?:delete|clear)\(/.test(bare));
  assert.deepEqual(endless.map(({ path }) => path).sort(), Object.keys(BOUNDED_OTHERWISE).sort());
});

test("the checks find a nameless time and a nameless limit, and are not taken in by small numbers", () => {
  const file = (text: string) => parseSource("net/x.ts", text);
  for (const text of [
    "setTimeout(() => close(a, b), 500);",
    "setInterval(look, idleMs / 40);",
    "socket.setTimeout(2_000, () => close());",
    "AbortSignal.timeout(30_000);",
  ]) {
    assert.ok(
      delaysOf(file(text)).some((delay) => BARE_NUMBER.test(delay)),
      text,
    );
  }
  for (const text of ["setTimeout(f, Math.max(1, waitMs));", "setInterval(look, TICK_MS);", "socket.setTimeout(0);"]) {
    const delays = delaysOf(file(text));
    assert.ok(delays.length === 1 && !BARE_NUMBER.test(delays[0] as string), text);
  }
  assert.deepEqual(numbersOf(file("const SHOWN = 200;\nconst WAIT = 5 * 60_000;\nconst LOOKS = 4;\nconst COLON = 0x3a;")), [
    "SHOWN",
    "WAIT",
  ]);
});
