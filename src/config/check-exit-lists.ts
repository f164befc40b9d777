import { readFileSync } from "node:fs";
import type { Config } from "../core/settings.ts";
import type { Env } from "../wire/env-value.ts";
import { foreignFormat, readForeignList } from "../wire/exit-formats/foreign-list.ts";
import { ExitList, formatLineError } from "../wire/exit-list.ts";

/** Reads the exit lists that are files, and says what is wrong with them. Nothing is fetched. */
export function checkExitLists(config: Config, env: Env): { exits: number; errors: string[] } {
  const list = new ExitList();
  const unreadable: string[] = [];
  for (const source of config.sources) {
    if (source.kind === "inline") for (const exit of source.exits) list.add(exit, { file: "config", line: 0 });
    if (source.kind !== "file") continue;
    const { path, scheme, tags, format } = source;
    try {
      const text = readFileSync(path, "utf8");
      const options = { scheme, tags, where: { file: path, line: 1 }, env };
      const foreign = foreignFormat(text, format);
      if (foreign === null) list.read(text, options);
      else readForeignList(list, text, foreign, options);
    } catch (error) {
      unreadable.push(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  return { exits: list.size, errors: [...unreadable, ...list.errors.map(formatLineError)] };
}
