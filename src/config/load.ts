import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { ConfigDocument } from "./config-document.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import type { ConfigFile } from "./file.ts";
import { type ConfigFlags, resolveConfig } from "./resolve.ts";
import { readConfigFile } from "./schema.ts";
import { tellIssue } from "./schema-issue.ts";

export interface LoadOptions {
  /** Path of the YAML file; null: defaults and flags alone. */
  readonly file: string | null;
  readonly flags: ConfigFlags;
  readonly env: Env;
}

/** The config of file, environment and flags, frozen. Throws ConfigError with every problem, each with file, line and column. */
export function loadConfig({ file, flags, env }: LoadOptions): Config {
  const document = file === null ? null : new ConfigDocument(readText(file), file);
  const refuse = (problems: readonly ConfigProblem[]) => {
    if (problems.length === 0) return;
    const told = document?.tell(problems) ?? problems.map(({ message }) => message);
    throw new ConfigError(told.slice(0, PROBLEMS_MAX));
  };

  const { value, problems } = document?.read(env) ?? { value: {}, problems: [] };
  refuse(problems);
  const checked = readConfigFile(value);
  if ("issues" in checked) refuse(checked.issues.flatMap((issue) => tellIssue(issue)));
  const given: ConfigFile = "file" in checked ? checked.file : {};
  const directory = file === null ? "" : dirname(file);
  const context = { directory, env, problems: [] as ConfigProblem[] };
  const config = resolveConfig(given, flags, context);
  refuse(context.problems);
  return config;
}

const FILE_BYTES_MAX = 1024 * 1024;
const PROBLEMS_MAX = 20;

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > FILE_BYTES_MAX) throw new ConfigError([`${file}: larger than ${FILE_BYTES_MAX} bytes`]);
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`]);
  }
}
