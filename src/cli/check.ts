import { shrinkBufferPool } from "../check/buffer-pool.ts";
import { readCandidates } from "../check/candidates.ts";
import { BadGeoFile } from "../check/geo.ts";
import { BadCheckOption, type Checker, type CheckerOptions, openChecker } from "../check/open-checker.ts";
import { runChecks } from "../check/run-checks.ts";
import { DEFAULT_CHECK_COMMAND, DEFAULTS } from "../config/defaults.ts";
import { type CheckFlags, readAuthorities, readOutputFlags, readRangesMax, readWhole } from "./check-flags.ts";
import { concurrencyFor } from "./check-machine.ts";
import { CheckSession } from "./check-session.ts";
import { openSources } from "./check-sources.ts";
import { keepHeapSmall } from "./small-heap.ts";
import { UsageError } from "./usage-error.ts";

/** Checks proxies, and gives the exit status: 0 where one of those asked for is alive, 1 where none is, 2 where there was nothing to check. */
export async function check(args: readonly string[], flags: CheckFlags): Promise<number> {
  keepHeapSmall();
  shrinkBufferPool();
  Error.stackTraceLimit = STACK_LINES_MAX;
  const output = readOutputFlags(flags);
  const sources = openSources(args, process.stdin, output.file?.path ?? null);
  const session = new CheckSession(output, sources, flags.extract === true);
  try {
    await using checker = await open(flags, session);
    await session.goOn(checker.geo);
    const candidates = readCandidates(sources.sources, {
      scheme: flags.scheme ?? null,
      extract: flags.extract === true,
      rangesMax: readRangesMax(flags),
    });
    const { clock, gate } = checker;
    await runChecks(candidates, checker.check, { ...session.runOptions, clock, gate, concurrency: concurrencyFor(flags, session.warn) });
    return session.end();
  } finally {
    session.close();
  }
}

/** Of an error's stack: Node writes one down for each refused connection, and the place where a bug is thrown is told by fewer. */
const STACK_LINES_MAX = 2;

async function open(flags: CheckFlags, { warn, signal }: Pick<CheckSession, "warn" | "signal">): Promise<Checker> {
  const { target, expectStatus, expectBody } = flags;
  if (target === undefined && (expectStatus ?? expectBody) !== undefined)
    throw new UsageError("--expect-status and --expect-body need --target URL");
  if (flags.country !== undefined && flags.geoip === undefined && flags.resume === undefined)
    throw new UsageError("--country needs --geoip FILE: without a database no proxy's country is known");
  const options: CheckerOptions = {
    judges: flags.judge ?? [],
    target: target === undefined ? null : { url: target, status: expectStatus ?? null, body: expectBody ?? null },
    geo: (flags.geoip ?? []).map((name) => ({ name, bytes: readWhole("--geoip", name) })),
    ca: readAuthorities(flags.ca),
    timeoutMs: flags.timeout ?? DEFAULT_CHECK_COMMAND.timeout,
    samples: flags.samples ?? DEFAULT_CHECK_COMMAND.samples,
    throughputBytes: flags.throughput === true ? DEFAULT_CHECK_COMMAND.throughputBytes : null,
    exchange: DEFAULTS,
    warn,
    signal,
  };
  return await openChecker(options).catch((error: unknown) => {
    throw error instanceof BadCheckOption || error instanceof BadGeoFile ? new UsageError(error.message) : error;
  });
}
