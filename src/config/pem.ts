import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { ConfigPath } from "./config-error.ts";
import type { ResolveContext } from "./resolve-context.ts";

/** The text of a PEM file that the config names at `at`; one that cannot be read is a problem, and reads as empty. */
export function readPem(path: string, at: ConfigPath, { directory, problems }: ResolveContext): string {
  try {
    const text = readFileSync(isAbsolute(path) ? path : join(directory, path), "latin1");
    if (text.includes("-----BEGIN ")) return text;
    problems.push({ path: at, message: `${path} is no PEM file` });
  } catch (error) {
    problems.push({ path: at, message: `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}` });
  }
  return "";
}
