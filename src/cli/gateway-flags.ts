import { existsSync } from "node:fs";
import { loadConfig } from "../config/load.ts";
import { type ConfigFlags, NO_FLAGS } from "../config/resolve.ts";
import type { ExitScheme } from "../core/route.ts";
import type { Config } from "../core/settings.ts";
import { UsageError } from "./usage-error.ts";

/** The options of `serve` and `run`, as the command line gives them. */
export interface GatewayFlags {
  readonly config?: string;
  readonly listen?: readonly string[];
  readonly exits?: readonly string[];
  readonly scheme?: ExitScheme;
  readonly direct?: boolean;
  readonly admin?: string;
  readonly log?: "text" | "json";
}

const CONFIG_FILE = "goodgateway.yaml";

/** The config file that is meant: the named one, else `goodgateway.yaml` where there is one. */
export function findConfigFile(named: string | null): string | null {
  return named ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : null);
}

/** The config of `serve` or `run`; throws UsageError with the lines to type where it could only refuse. */
export function loadGatewayConfig(flags: GatewayFlags, example: (flag: string) => string): Config {
  const laid: ConfigFlags = {
    listen: flags.listen ?? NO_FLAGS.listen,
    exits: flags.exits ?? NO_FLAGS.exits,
    scheme: flags.scheme ?? NO_FLAGS.scheme,
    direct: flags.direct ?? NO_FLAGS.direct,
    admin: flags.admin ?? NO_FLAGS.admin,
    log: flags.log ?? NO_FLAGS.log,
  };
  const config = loadConfig({ file: findConfigFile(flags.config ?? null), flags: laid, env: process.env });
  if (config.sources.length === 0 && config.exchange.direct === "never") {
    throw new UsageError(
      [
        "there are no exits to go through. Name a list of them, or go direct:",
        `  ${example("--exits exits.txt")}`,
        `  ${example("--direct")}`,
      ].join("\n"),
    );
  }
  return config;
}
