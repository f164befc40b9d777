import { type Command, InvalidArgumentError, Option } from "commander";
import { readSeconds } from "./check-flags.ts";
import type { DiagnoseFlags } from "./diagnose-asked.ts";
import { DIAGNOSE_EXAMPLES } from "./examples.ts";

/** `goodgateway diagnose`. */
export function addDiagnoseCommand(program: Command, end: (status: number) => void): void {
  program
    .command("diagnose")
    .description("Find out which hop breaks a request: without a proxy, through each route, each hop of a chain alone.")
    .showHelpAfterError("A curl command stands behind --: goodgateway diagnose -- curl https://site.example/")
    .argument("[what...]", "a URL; -- curl … as you would type it; or - for a curl command that is piped in")
    .addOption(new Option("--via <route>", "a proxy or a chain (a,b) that the request goes through; repeatable").argParser(collect))
    .option("--exits <file>", "other proxies to compare with: a few are tried")
    .option("--no-direct", "do not ask the site without a proxy")
    .option("--ports", "try the usual ports beside that of a proxy that does not answer as one", false)
    .addOption(new Option("-X, --request <method>", "of the request").default("", "GET, or POST with -d"))
    .addOption(new Option("-H, --header <field>", "a field of the request; repeatable").argParser(collect))
    .option("-d, --data <text>", "the body of the request")
    .addOption(
      new Option("--timeout <time>", "of one test: 5, 500ms (default: about 4s, so that all is told within 5s)").argParser(readTime),
    )
    .option("--json", "one JSON document; with --watch a line per round", false)
    .option("--html <file>", "write all of it as one page, to attach to a ticket")
    .option("--har <file>", "write the requests as an HTTP Archive, for browsers' tools")
    .addOption(
      new Option("--watch [time]", "again and again, until Ctrl-C: what changes is told (default: every 10s)").argParser(readInterval),
    )
    .addHelpText("after", DIAGNOSE_EXAMPLES)
    .action(async (what: string[], { watch, ...flags }: WrittenFlags) => {
      // `--watch URL` is a URL to watch.
      const operands = typeof watch === "string" ? [watch, ...what] : what;
      const interval = watch === undefined ? {} : { watch: typeof watch === "string" ? (true as const) : watch };
      end(await (await import("./diagnose.ts")).diagnoseAsked(operands, { ...flags, ...interval }));
    });
}

/** As the command line has them. */
interface WrittenFlags extends Omit<DiagnoseFlags, "watch"> {
  readonly watch?: number | string | true;
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function readTime(text: string): number {
  const ms = readSeconds(text);
  if (ms === null || ms < 1) throw new InvalidArgumentError("It is a number of seconds, or a time such as 500ms.");
  return ms;
}

/** What is no time is what is asked for. */
function readInterval(text: string): number | string {
  const ms = readSeconds(text);
  if (ms !== null && ms < INTERVAL_MS_MIN) throw new InvalidArgumentError("It is at least one second: each round sends several requests.");
  return ms ?? text;
}

const INTERVAL_MS_MIN = 1000;
