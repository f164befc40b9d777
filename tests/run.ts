/**
 * `npm test [-- FILTER...]` runs every tests/**\/*.test.ts, or those whose path contains one of the filters. It says first which
 * programs the machine lacks, counts at the end what was skipped for it, and fails where it finds fewer files than there ought to be.
 */
import { globSync } from "node:fs";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { explainMissing, isThere, PROGRAMS, type Program } from "./real/peers/programs.ts";
import { Tally, type TestEvent } from "./tally.ts";

/** A gate that passes when it sees nothing is none: to be raised as files are added. */
const FEWEST_FILES = 110;
const FILES_AT_ONCE = 2;
const TEST_DEADLINE_MS = 60_000;
/** Nothing began or ended for this long: a file spins, or keeps something open after its last test. */
const STALL_DEADLINE_MS = 3 * TEST_DEADLINE_MS;

const filters = process.argv.slice(2);
const files = findFiles(filters);
announceMissing();
const tally = new Tally();
for await (const text of Readable.from(runAll(files)).pipe(new spec())) process.stdout.write(text);
for (const [reason, count] of tally.skipped) console.log(`SKIPPED ${count} ${count === 1 ? "test" : "tests"}: ${reason}`);
process.exit(tally.success ? 0 : 1); // not exitCode: a stalled file that ignores our signal would keep us

function findFiles(wanted: readonly string[]): string[] {
  const all = globSync("tests/**/*.test.ts").sort();
  const chosen = wanted.length === 0 ? all : all.filter((file) => wanted.some((filter) => file.includes(filter)));
  const fewest = wanted.length === 0 ? FEWEST_FILES : 1;
  if (chosen.length >= fewest) return chosen;
  console.error(`found ${chosen.length} test files, where there ought to be at least ${fewest}`);
  process.exit(1);
}

function announceMissing(): void {
  for (const program of Object.keys(PROGRAMS) as Program[]) {
    if (!isThere(program)) console.log(`SKIPPING ${PROGRAMS[program].purpose}: ${explainMissing(program)}`);
  }
}

/** Real programs are heavy and have deadlines of their own, so their tests run last, one file at a time. */
async function* runAll(all: readonly string[]): AsyncGenerator<TestEvent> {
  const isReal = (file: string) => file.startsWith("tests/real/");
  yield* runFiles(
    all.filter((file) => !isReal(file)),
    FILES_AT_ONCE,
  );
  yield* runFiles(all.filter(isReal), 1);
  yield* tally.summary();
}

async function* runFiles(some: readonly string[], concurrency: number): AsyncGenerator<TestEvent> {
  if (some.length === 0) return;
  const stalled = new AbortController();
  const stall = () => {
    console.error(`no test began or ended for ${STALL_DEADLINE_MS / 1000} s; still running: ${[...tally.open].join(", ")}`);
    stalled.abort();
  };
  const watchdog = setTimeout(stall, STALL_DEADLINE_MS);
  for await (const event of run({ files: [...some], concurrency, timeout: TEST_DEADLINE_MS, signal: stalled.signal })) {
    watchdog.refresh();
    if (tally.take(event)) yield event;
  }
  clearTimeout(watchdog);
}
