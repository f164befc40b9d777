import type { Env } from "../wire/env-value.ts";
import type { ConfigProblem } from "./config-error.ts";

/** What is needed to say what the file's values mean. */
export interface ResolveContext {
  /** Relative paths of the file start here. */
  readonly directory: string;
  /** For `${NAME}` in the lines of exits; null: not replaced. */
  readonly env: Env | null;
  /** Problems are collected, so that one look at the file mends them all. */
  readonly problems: ConfigProblem[];
}
