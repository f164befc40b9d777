import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../config/config-error.ts";
import type { ExitScheme } from "../core/route.ts";
import { EXIT_SCHEMES } from "../core/route.ts";
import { addCheckCommand } from "./check-command.ts";
import { addDiagnoseCommand } from "./diagnose-command.ts";
import { EXPLAIN_EXAMPLES, JUDGE_EXAMPLES, RUN_EXAMPLES, SERVE_EXAMPLES } from "./examples.ts";
import type { ExplainFlags } from "./explain.ts";
import type { GatewayFlags } from "./gateway-flags.ts";
import type { JudgeFlags } from "./judge.ts";
import { untilEnded } from "./until-ended.ts";
import { tellWriteError } from "./unwritable.ts";
import { UsageError } from "./usage-error.ts";
import { readVersion } from "./version.ts";

/** Exit codes: 0 all well, 1 a fault was found or a bug, 2 wrong usage or config; of `run`, those of its command. */
export async function runProgram(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endUnread);
  process.exitCode = await runCommand(args);
  // What a command leaves open, a name that is still looked up, must not keep the shell waiting; what it printed is read first.
  process.stdout.write("", () => setTimeout(() => process.exit(), LINGER_MS).unref());
}

const LINGER_MS = 100;

/** Whoever reads along may leave before the end, as head does: what is printed after that goes nowhere. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  console.error(`goodgateway: what it prints cannot be written: ${tellWriteError(error)}`);
  process.exit(2);
}

async function runCommand(args: readonly string[]): Promise<number> {
  let status = 0;
  const program = buildProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError || error instanceof ConfigError) {
      console.error(`goodgateway: ${error.message}`);
      return 2;
    }
    console.error(error);
    return 1;
  }
}

// Each command's own code is loaded when it runs: --help must not wait for a gateway.
function buildProgram(end: (status: number) => void): Command {
  const program = new Command("goodgateway")
    .description("A proxy gateway that never emits an unexplained 502.")
    .version(readVersion(), "--version")
    .configureHelp({ subcommandTerm: (command) => command.name() }) // their arguments leave no room for words on 80 columns
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError("goodgateway --help lists the commands, goodgateway COMMAND --help what each takes")
    .showSuggestionAfterError();

  withGatewayFlags(program.command("serve").description("Run the gateway."))
    .addOption(new Option("--listen <address>", "where clients connect (default: 127.0.0.1:8502); repeatable").argParser(collect))
    .option("--admin <address>", "where health, metrics and records are served, or off (default: 127.0.0.1:8503)")
    .addHelpText("after", SERVE_EXAMPLES)
    .showHelpAfterError("As in: goodgateway serve --exits exits.txt")
    .action(async (flags: GatewayFlags) => end(await (await import("./serve.ts")).serve(flags)));

  withGatewayFlags(
    program.command("run").description("Run a command through a gateway of its own: HTTP_PROXY, HTTPS_PROXY and ALL_PROXY are set."),
  )
    .argument("<command...>", "the command and its arguments, after --")
    .passThroughOptions()
    .addHelpText("after", RUN_EXAMPLES)
    .showHelpAfterError("As in: goodgateway run --exits exits.txt -- python spider.py")
    .action(async (command: string[], flags: GatewayFlags) => end(await (await import("./run.ts")).runThrough(command, flags)));

  program
    .command("demo")
    .description("See it work: a pool of exits, half of them broken, and a site, all on this machine.")
    .addOption(new Option("--requests <n>", "requests to send each way").argParser(parseCount).default(DEMO_REQUESTS))
    .option("--once", "end after the comparison", false)
    .action(async ({ requests, once }: { requests: number; once: boolean }) => {
      const { runDemo } = await import("../demo/demo.ts");
      const { defaultConfig } = await import("../config/defaults.ts");
      end(
        await runDemo({ requests, once, config: defaultConfig(), ended: untilEnded("SIGHUP"), out: process.stdout, err: process.stderr }),
      );
    });

  addCheckCommand(program, end);
  addJudgeCommand(program, end);
  addDiagnoseCommand(program, end);
  addExplainCommand(program, end);
  addConfigCommands(program, end);
  return program;
}

const DEMO_REQUESTS = 200;

function withGatewayFlags(command: Command): Command {
  return command
    .option("--config <file>", "the config file (default: goodgateway.yaml, where it exists)")
    .addOption(new Option("--exits <file|url>", "a list of exits, instead of the config's; repeatable").argParser(collect))
    .addOption(new Option("--scheme <scheme>", "of exits that name none (default: http)").choices(EXIT_SCHEMES as readonly ExitScheme[]))
    .option("--direct", "connect without an exit: always where there is none, else as the last resort")
    .addOption(new Option("--log <format>", "log lines for people or for programs").choices(["text", "json"]));
}

function addJudgeCommand(program: Command, end: (status: number) => void): void {
  program
    .command("judge")
    .description("Serve what a checked proxy is asked for: what arrives is told, signed, so that nothing can be faked.")
    .addOption(
      new Option("--listen <address>", "where proxies connect, for HTTP and HTTPS; repeatable").argParser(collect).makeOptionMandatory(),
    )
    .option("--key <file>", "the key that signs, made where the file is missing (default: a new one each time)")
    .option("--cert <file>", "a certificate for HTTPS, PEM (default: self-signed)")
    .option("--tls-key <file>", "its private key, PEM")
    .addHelpText("after", JUDGE_EXAMPLES)
    .showHelpAfterError("As in: goodgateway judge --listen 0.0.0.0:8504 --key judge.pem")
    .action(async (flags: JudgeFlags) => end(await (await import("./judge.ts")).runJudge(flags)));
}

function addExplainCommand(program: Command, end: (status: number) => void): void {
  program
    .command("explain")
    .description("Say what logs of gateways tell, and who made an answer: what curl printed, a HAR file, a client's error, an exchange.")
    .argument("[file|-|request-id...]", "logs (.gz too), or what was saved (default: what is pasted)")
    .option(
      "--format <name>",
      "auto, response, or whose log it is: nginx, apache, haproxy, squid, varnish, caddy, lighttpd, privoxy, tinyproxy, envoy, traefik, alb, cloudfront, cloudflare, linkerd, gcp, azure, fly, go, cloudflared, heroku, app, goodgateway, access",
      "auto",
    )
    .option("-f, --follow", "logs that are still written: incidents as they begin and grow, the conclusion at Ctrl-C", false)
    .option("--admin <address>", "the gateway that knows the request ids (default: 127.0.0.1:8503)")
    .option(
      "--config",
      "the files are configs of nginx, HAProxy, Squid or this gateway, from the client's side to the application's",
      false,
    )
    .option("--json", "one JSON document", false)
    .addHelpText("after", EXPLAIN_EXAMPLES)
    .action(async (inputs: string[], flags: ExplainFlags) => end(await (await import("./explain.ts")).explain(inputs, flags)));
}

function addConfigCommands(program: Command, end: (status: number) => void): void {
  const load = () => import("./config.ts");
  const config = program.command("config").description("Check, print or describe the config file.");
  const file = ["--config <file>", "the config file (default: goodgateway.yaml)"] as const;
  config
    .command("check")
    .description("Say what is wrong with the config and its exit lists.")
    .option(...file)
    .action(async (flags: { config?: string }) => end((await load()).checkConfig(flags.config ?? null)));
  config
    .command("print")
    .description("Print the whole config, every default filled in, secrets hidden.")
    .option(...file)
    .action(async (flags: { config?: string }) => end((await load()).printWholeConfig(flags.config ?? null)));
  config
    .command("schema")
    .description("Print the JSON Schema of the config file, for editors.")
    .option("--exchange", "that of the record of an exchange instead", false)
    .action(async ({ exchange }: { exchange: boolean }) => end((await load()).printSchema(exchange)));
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function parseCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError("It is a number from 1 to 999999.");
  return count;
}
