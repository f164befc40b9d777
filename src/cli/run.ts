import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { formatHostPort } from "../core/address.ts";
import type { GatewayEvent } from "../core/event.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Config, ListenerSettings } from "../core/settings.ts";
import { type GatewayFlags, loadGatewayConfig } from "./gateway-flags.ts";
import { openGateway } from "./open-gateway.ts";
import { RunSummary } from "./run-summary.ts";

/** Runs a command with its requests through a gateway on a free port; gives its exit status, 128 + n where signal n ended it. */
export async function runThrough(command: readonly string[], flags: GatewayFlags): Promise<number> {
  const config = ownConfig(loadGatewayConfig(flags, (flag) => `goodgateway run ${flag} -- ${command.join(" ")}`));
  const summary = new RunSummary();
  const report = (event: GatewayEvent) => {
    summary.observe(event);
    if (event.type === "warning" && flags.log === undefined) console.error(`goodgateway: ${event.message}`);
  };
  // The terminal is the command's: the gateway's own lines only where they are asked for.
  await using gateway = await openGateway(config, { log: flags.log === undefined ? () => {} : (line) => console.error(line), report });
  const [address] = gateway.addresses;
  if (address === undefined) throw new Error("the gateway has no listener");
  const status = await runCommand(command, `http://${formatHostPort(address)}`);
  await gateway.drain(DRAIN_MS);
  console.error(summary.text());
  return status;
}

/** Nobody is left to wait for an answer. */
const DRAIN_MS = 500;

// One listener for one command: what the file says of listeners, users and the admin address is for `serve`.
function ownConfig(config: Config): Config {
  const listener: ListenerSettings = {
    host: "127.0.0.1",
    port: 0,
    tls: null,
    users: [],
    allow: [],
    allowPlaintextHttps: false,
    params: NO_PARAMS,
    session: null,
  };
  return { ...config, listeners: [listener], admin: null };
}

function runCommand([program = "", ...args]: readonly string[], proxy: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...proxyVariables(proxy) } });
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    // Ctrl-C at a terminal reaches the command by itself; twice would cut short how it ends.
    const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
    const interrupt = atTerminal ? () => {} : forward;
    const end = (status: number) => {
      process.off("SIGTERM", forward).off("SIGHUP", forward).off("SIGINT", interrupt);
      resolve(status);
    };
    process.on("SIGTERM", forward).on("SIGHUP", forward).on("SIGINT", interrupt);
    child.once("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT" || !isThere(program);
      console.error(`goodgateway: cannot run ${program}: ${isMissing ? "no such command" : (error.code ?? error.message)}`);
      end(isMissing ? 127 : 126); // as shells have it
    });
    child.once("exit", (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

// A folder of PATH that this user may not look into turns a missing command into EACCES.
function isThere(program: string): boolean {
  if (program.includes("/")) return existsSync(program);
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

// Programs differ in which case they read. NO_PROXY stays as it is: what it names was meant to go direct.
function proxyVariables(proxy: string): Record<string, string> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  return Object.fromEntries(
    names.flatMap((name) => [
      [name, proxy],
      [name.toLowerCase(), proxy],
    ]),
  );
}
