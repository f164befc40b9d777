import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** Below the repository, so that what the command imports is found; never in git. */
const FOLDER = ".tmp/bench";

/**
 * Builds the command as it is published, and gives the path of its script: from source it holds a compiler in memory, once for each thread,
 * which nobody has who installed it.
 */
export function buildCommand(): string {
  const folder = resolve(FOLDER);
  const dist = join(folder, "dist");
  mkdirSync(folder, { recursive: true });
  copyFileSync("package.json", join(folder, "package.json"));
  const compiler = resolve("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", dist], { encoding: "utf8" });
  const script = join(dist, "cli/main.js");
  if (!existsSync(script)) throw new Error(`the command cannot be built: ${stdout}`);
  return script;
}
