import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { readLines } from "../check/candidate-lines.ts";
import type { CheckResult } from "../check/check-result.ts";
import { SEEN } from "../check/run-checks.ts";
import { FAULTS } from "../core/fault-table.ts";
import { EXIT_SCHEMES, type ExitScheme } from "../core/route.ts";
import { bestOf, STATES } from "./check-order.ts";
import { UsageError } from "./usage-error.ts";

/** The results that an earlier run has written to a file of JSON lines; none where there is no such file. A line that broke off is passed over. */
export async function* readResults(path: string): AsyncGenerator<CheckResult> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isFile()) throw new UsageError(`${path} is no file of results`);
  let hasResults = false;
  for await (const lines of readLines(createReadStream(path), RESULT_BYTES_MAX)) {
    for (const { text } of lines) {
      const result = text === null ? null : readResult(text);
      if (result !== null) {
        hasResults = true;
        yield result;
      } else if (!hasResults && (text === null || !isTorn(text)))
        // A list of proxies, named by mistake, would get results appended.
        throw new UsageError(`${path} has no results in it: --resume takes what --json has written`);
    }
  }
}

/**
 * Whether the file ends in the middle of a line: a run that was killed leaves it so.
 *
 * @throws UsageError
 */
export function endsInLine(path: string): boolean {
  try {
    return lastByteOf(path) !== LINE_FEED;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--resume: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

const LINE_FEED = 0x0a;

/** Of one that is not there, or empty: the end of a line. */
function lastByteOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFIFO() === true) throw new UsageError(`${path} is a pipe, which keeps no results`); // to open it would wait for a reader
  if (stats === undefined || stats.size === 0) return LINE_FEED;
  const file = openSync(path, "r");
  try {
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, stats.size - 1);
    return last[0] as number;
  } finally {
    closeSync(file);
  }
}

/** What `Seen` keeps of a result: that there is one, and where it is wanted, the best protocol. */
export function markOf({ protocols }: CheckResult, isWanted: boolean): number {
  const best = bestOf(protocols);
  return SEEN + 1 + (isWanted && best !== null ? 1 + EXIT_SCHEMES.indexOf(best) : 0);
}

/** The protocol of a wanted result; undefined: it is not wanted, or there is none. */
export function schemeOf(mark: number): ExitScheme | undefined {
  return EXIT_SCHEMES[mark - SEEN - 2];
}

/** All that is left of the first result, or the line end that a later run has put behind it. */
function isTorn(text: string): boolean {
  return RESULT_START.startsWith(text.slice(0, RESULT_START.length));
}

const RESULT_START = '{"at":"';
/** Evidence may be long. */
const RESULT_BYTES_MAX = 1024 * 1024;

function readResult(text: string): CheckResult | null {
  try {
    const value = JSON.parse(text) as Partial<CheckResult> | null;
    return value !== null && isResult(value) ? value : null;
  } catch {
    return null;
  }
}

/** As far as what is told of it reads from it: another release may know other faults. */
function isResult(value: Partial<CheckResult>): value is CheckResult {
  const { state, fault, protocols, tried, exitAddresses, unverified, can, anonymity, honesty, target } = value;
  return (
    [value.exit, value.proxy, anonymity?.level, honesty?.verdict].every(isText) &&
    [value.source, value.country, value.network].every((part) => part === null || isText(part)) &&
    [value.line, value.bytesPerSecond].every((part) => part === null || typeof part === "number") &&
    (STATES as readonly unknown[]).includes(state) &&
    (fault === null || (isObject(fault) && Object.hasOwn(FAULTS, fault.id) && isText(fault.details))) &&
    (value.ms === null || (isObject(value.ms) && Object.values(value.ms).every((time) => typeof time === "number"))) &&
    (target === null || (isObject(target) && isText(target.details))) &&
    isObject(can) &&
    ABILITIES.every((ability) => isText(can[ability]?.details)) &&
    [protocols, exitAddresses, unverified, anonymity?.evidence, honesty?.evidence].every((list) => isListOf(list, isText)) &&
    [tried, honesty?.lies].every((list) => isListOf(list, isObject))
  );
}

const ABILITIES: readonly (keyof CheckResult["can"])[] = ["http", "https", "connect", "connectOther", "ipv6", "remoteDns", "keepAlive"];

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}
