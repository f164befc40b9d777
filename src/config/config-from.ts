import type { Config } from "../core/settings.ts";
import { ConfigError, type ConfigProblem, tellProblem } from "./config-error.ts";
import { NO_FLAGS, resolveConfig } from "./resolve.ts";
import { readConfigFile } from "./schema.ts";
import { tellIssue } from "./schema-issue.ts";

/**
 * The config of values under the keys of `goodgateway.yaml`, in its units and with its defaults, frozen. Strings count as they are
 * (`${NAME}` is not replaced), relative paths start at the working directory. Throws ConfigError with every problem.
 */
export function configFrom(values: Readonly<Record<string, unknown>>): Config {
  const checked = readConfigFile(values);
  if ("issues" in checked) throw new ConfigError(checked.issues.flatMap((issue) => tellIssue(issue)).map(tellProblem));
  const problems: ConfigProblem[] = [];
  const config = resolveConfig(checked.file, NO_FLAGS, { directory: "", env: null, problems });
  if (problems.length > 0) throw new ConfigError(problems.map(tellProblem));
  return config;
}
