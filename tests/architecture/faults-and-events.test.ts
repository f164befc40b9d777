import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "../../src/core/fault-table.ts";
import { parseSource, readSourceFiles, type SourceFile } from "./source-files.ts";

const files = readSourceFiles();

/** Where it is decided what a failure is. */
const DECIDERS = ["blame", "net", "exchange", "forward", "pool"];

/** An error's text that is looked into, not just passed on. `limits.message` is a section of the settings. */
const READS_MESSAGE = /(?<!\blimits)\.message\s*(?:\?\.|\.|===|!==|\))/;

test("no failure is recognised by an error's message", () => {
  const deciders = files.filter(({ room }) => DECIDERS.includes(room));
  assert.ok(deciders.length >= 80, `only ${deciders.length} files`);
  assert.deepEqual(
    deciders.filter(({ bare }) => READS_MESSAGE.test(bare)).map(({ path }) => path),
    [],
  );
  const finds = (text: string) => READS_MESSAGE.test(parseSource("net/x.ts", text).bare);
  for (const text of ['if (error.message.includes("407")) return 1;', "x(/reset/.test(error.message));", 'error.message === "aborted"']) {
    assert.ok(finds(text), text);
  }
  assert.ok(!finds("const details = { told: error.message, limits: settings.limits.message };"));
});

test("only the table of faults knows which error of RFC 9209 a fault is", () => {
  const errors = new Set(Object.values(FAULTS).flatMap(({ rfc }) => rfc ?? []));
  assert.ok(errors.size >= 10, `only ${errors.size} errors`);
  const named = new RegExp(`"(?:${[...errors].join("|")})"`);
  // The type is in core/fault.ts. blame/claims and wire read what other proxies say of themselves; the lab plays those.
  const allowed = /^(?:core\/fault\.ts|core\/faults\/|blame\/claims\/|wire\/proxy-status\.ts|lab\/)/;
  assert.deepEqual(
    files.filter(({ path, code }) => !allowed.test(path) && named.test(code)).map(({ path }) => path),
    [],
  );
});

/** The words of core/event.ts. */
const EVENTS = [
  "circuit-changed",
  "config-changed",
  "config-refused",
  "exchange-ended",
  "exit-checked",
  "hop-changed",
  "operator-acted",
  "tunnel-closed",
  "tunnel-opened",
  "verdict-revised",
  "warning",
];

/** They tell people what they want to know of the same events: `run` and `demo` at their end. */
const TELLERS = ["observe", "cli", "demo"];

test("there are few events, and features report them without a word on how they look", () => {
  const event = files.find(({ path }) => path === "core/event.ts") as SourceFile;
  const types = [...event.code.matchAll(/readonly type: "([\w-]+)"/g)].map(([, type]) => type as string);
  assert.deepEqual(types.sort(), EVENTS);
  // `case "tunnel-opened":` and `event.type === "warning"` read an event; `{ type: "warning" }` reports one.
  const reads = new RegExp(`(?:case|===|!==) "(?:${EVENTS.join("|")})"`);
  const readers = files.filter(({ code }) => reads.test(code));
  assert.ok(readers.length >= 4, `only ${readers.length} readers`);
  assert.deepEqual(
    readers.filter(({ room }) => !TELLERS.includes(room)).map(({ path }) => path),
    ["app.ts", "exchange/revisions.ts"], // which learn from them
  );
});
