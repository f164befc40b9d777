/** What is wrong with the config, one line a problem, each with file, line and column where it has them. Holds no secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Where in a config file a problem is: keys and indexes from the root. */
export type ConfigPath = readonly (string | number)[];

/** The problem under its key's name: `timeouts.connect: expected …`. */
export function tellProblem({ path, key, message }: ConfigProblem): string {
  const name = [...(path ?? []), ...(key === undefined ? [] : [key])].join(".");
  return name === "" ? message : `${name}: ${message}`;
}

export interface ConfigProblem {
  /** Null: not in the file (a flag). */
  readonly path: ConfigPath | null;
  readonly message: string;
  /** The problem is this key of the map at `path`, not its value. */
  readonly key?: string;
  /** Characters into the value. */
  readonly offset?: number;
}
