import { checkExitLists } from "../config/check-exit-lists.ts";
import { exchangeJsonSchema } from "../config/exchange-schema.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { loadConfig } from "../config/load.ts";
import { printConfig } from "../config/print.ts";
import { NO_FLAGS } from "../config/resolve.ts";
import type { Config } from "../core/settings.ts";
import { findConfigFile } from "./gateway-flags.ts";
import { UsageError } from "./usage-error.ts";

/** Says on stdout that all is well, or throws, or says on stderr what is wrong with the exit lists. */
export function checkConfig(named: string | null): number {
  const { file, config } = load(named);
  const { exits, errors } = checkExitLists(config, process.env);
  for (const error of errors) console.error(error);
  if (errors.length > 0) return 2;
  console.log(`${file}: ok, ${config.listeners.length} listening, ${exits} ${exits === 1 ? "exit" : "exits"}${urls(config)}`);
  return 0;
}

export function printWholeConfig(named: string | null): number {
  process.stdout.write(printConfig(load(named).config));
  return 0;
}

export function printSchema(ofExchange: boolean): number {
  console.log(JSON.stringify(ofExchange ? exchangeJsonSchema() : configJsonSchema(), null, 2));
  return 0;
}

function load(named: string | null): { file: string; config: Config } {
  const file = findConfigFile(named);
  if (file === null) throw new UsageError("there is no goodgateway.yaml here; name a file with --config FILE");
  return { file, config: loadConfig({ file, flags: NO_FLAGS, env: process.env }) };
}

function urls({ sources }: Config): string {
  const lists = sources.filter((source) => source.kind === "url").length;
  return lists === 0 ? "" : `, and ${lists} ${lists === 1 ? "list" : "lists"} from URLs, which were not fetched`;
}
