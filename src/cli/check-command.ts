import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT_SCHEMES, type ExitScheme } from "../core/route.ts";
import { type CheckFlags, readMilliseconds, readSeconds } from "./check-flags.ts";
import { ANONYMITY_LEVELS, SORT_KEYS } from "./check-order.ts";
import { CHECK_EXAMPLES } from "./examples.ts";

/** `goodgateway check`. */
export function addCheckCommand(program: Command, end: (status: number) => void): void {
  const command = program
    .command("check")
    .description("Find out which proxies are alive, fast, anonymous and honest, and why the others are dead.")
    .argument("[proxy|file|url...]", "proxies, lists of them, URLs of lists (with a path), or - for stdin")
    .addHelpText("after", CHECK_EXAMPLES);
  addInputOptions(command);
  addCheckOptions(command);
  addOutputOptions(command);
  command.action(async (args: string[], flags: CheckFlags) => end(await (await import("./check.ts")).check(args, flags)));
}

function addInputOptions(command: Command): void {
  command
    .optionsGroup("Input:")
    .addOption(new Option("--scheme <scheme>", "of proxies that name none (default: it is found out)").choices(EXIT_SCHEMES))
    .option("--extract", "the lists are any text with addresses in it")
    .option("--ranges", "check ranges too: 192.0.2.0/24:8080, 192.0.2.1-192.0.2.9:8000-8010")
    .addOption(new Option("--ranges-max <n>", "proxies that all ranges may stand for (default: 65536)").argParser(readCount));
}

function addCheckOptions(command: Command): void {
  command
    .optionsGroup("What is checked:")
    .addOption(
      new Option("--judge <url>", "a judge to ask through the proxies, as `goodgateway judge` prints it; repeatable").argParser(collect),
    )
    .option("--target <url>", "a page that has to come through")
    .option("--expect-status <status>", "that it has to have: 200, 2xx, 200,404 (default: any below 400)")
    .option("--expect-body <text>", "that it has to contain; /words/i is a regular expression")
    .addOption(new Option("--timeout <time>", "to find out whether one is alive: 5, 500ms (default: 10s)").argParser(readTime))
    .addOption(new Option("--samples <n>", "requests that times are measured by (default: 3)").argParser(readSamples))
    .option("--throughput", "measure it, with 1 MiB from the judge")
    .addOption(new Option("--geoip <file>", "an .mmdb file that knows countries or networks; repeatable").argParser(collect))
    .option("--ca <file>", "certificates to trust besides the usual ones (PEM)")
    .addOption(new Option("--concurrency <n>", "checks at once, at most (default: as the machine allows)").argParser(readCount));
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup("Output:")
    .option("--json", "a JSON line for each proxy, as soon as it is checked")
    .option("--csv", "a table for spreadsheets")
    .option("--txt", "an exit list of those that are alive")
    .option("--output <file>", "write that to a file: .jsonl, .csv, .txt")
    .option("--resume <file>", "keep all results in this file, and check only those that it does not have")
    .addOption(new Option("--sort <key>", "best first").choices(SORT_KEYS))
    .option("--alive", "only those that are alive")
    .option("--honest", "only those that are honest")
    .addOption(new Option("--max-latency <ms>", "only those that answer so soon").argParser(readLatency))
    .addOption(new Option("--anonymity <level>", "only those that tell no more than that").choices(ANONYMITY_LEVELS))
    .addOption(new Option("--country <code>", "only those that leave there (needs --geoip); repeatable").argParser(readCountries))
    .addOption(new Option("--protocol <scheme>", "only those that speak it; repeatable").argParser(readProtocols));
}

const COUNT_DIGITS_MAX = 7;
/** A proxy that works is waited for some times as long, in protocols that it does not speak. */
const TIMEOUT_MS_MAX = 600_000;
const SAMPLES_MAX = 20;

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function readCount(text: string): number {
  const count = /^\d+$/.test(text) && text.length <= COUNT_DIGITS_MAX ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError("It is a number from 1 to 9999999.");
  return count;
}

function readSamples(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > SAMPLES_MAX) throw new InvalidArgumentError(`It is a number from 1 to ${SAMPLES_MAX}.`);
  return count;
}

function readTime(text: string): number {
  const ms = readSeconds(text) ?? refuse("It is a number of seconds, or a time such as 500ms.");
  return ms <= TIMEOUT_MS_MAX ? ms : refuse("It is at most 10 minutes.");
}

function readLatency(text: string): number {
  return readMilliseconds(text) ?? refuse("It is a number of milliseconds, or a time such as 2s.");
}

function readCountries(text: string, before: readonly string[] | undefined): string[] {
  const codes = text.split(",");
  if (!codes.every((code) => /^[A-Za-z]{2}$/.test(code))) refuse("It is a code of two letters, such as de.");
  return [...(before ?? []), ...codes];
}

function readProtocols(text: string, before: readonly ExitScheme[] | undefined): ExitScheme[] {
  const schemes = text.split(",").map((name) => EXIT_SCHEMES.find((scheme) => scheme === name.toLowerCase()));
  return [...(before ?? []), ...schemes.map((scheme) => scheme ?? refuse(`It is one of ${EXIT_SCHEMES.join(", ")}.`))];
}

function refuse(message: string): never {
  throw new InvalidArgumentError(message);
}
