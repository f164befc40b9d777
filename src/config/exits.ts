import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import { parseExitLine } from "../wire/exit-line.ts";
import type { ConfigPath } from "./config-error.ts";
import { DEFAULT_REFRESH_MS, DEFAULT_REPLACE_BY_EMPTY } from "./defaults.ts";
import type { ConfigFile, ExitListItem } from "./file.ts";
import type { ResolveContext } from "./resolve-context.ts";

export interface ExitsContext extends ResolveContext {
  /** Of exits that name none. */
  readonly scheme: ExitScheme;
}

/** Where exits come from: the lists that the flags name, else what the file says. */
export function resolveSources(
  given: NonNullable<ConfigFile["exits"]>,
  flags: readonly string[],
  context: ExitsContext,
): readonly ExitSource[] {
  if (flags.length > 0) {
    const lists = flags.map((list) => (/^https?:\/\//i.test(list) ? { url: list } : { file: list }));
    return lists.flatMap((list) => resolveList(list, null, { ...context, directory: "" }) ?? []);
  }
  const exits: Exit[] = [];
  const lists = given.flatMap((item, i) => {
    const path = ["exits", i];
    if (typeof item === "object") return resolveList(item, path, context) ?? [];
    const exit = resolveExit(item, path, context);
    if (exit !== null) exits.push(exit);
    return [];
  });
  return exits.length > 0 ? [{ kind: "inline", exits }, ...lists] : lists;
}

function resolveExit(text: string, path: ConfigPath, { env, scheme, problems }: ExitsContext): Exit | null {
  const line = parseExitLine(text, { scheme, tags: {}, where: { file: "", line: 1 }, env });
  if ("exit" in line) return line.exit;
  if ("error" in line) problems.push({ path, message: line.error.reason, offset: line.error.column - 1 });
  else problems.push({ path, message: "expected an exit such as http://192.0.2.1:8080" });
  return null;
}

function resolveList(item: ExitListItem, path: ConfigPath | null, context: ExitsContext): ExitSource | null {
  const { problems } = context;
  const scheme = item.scheme ?? context.scheme;
  const replaceByEmpty = item.replaceByEmpty ?? DEFAULT_REPLACE_BY_EMPTY;
  const at = (key: string) => (path === null ? null : [...path, key]);
  const tags = Object.fromEntries(Object.entries(item.tags ?? {}).map(([key, value]) => [key.toLowerCase(), value.toLowerCase()]));
  if ("id" in tags) problems.push({ path: at("tags"), key: "id", message: "an id belongs to one exit: write it on the exit's line" });
  if ((item.file === undefined) === (item.url === undefined)) {
    problems.push({ path, message: "expected either file or url" });
    return null;
  }
  if (item.url !== undefined) {
    if (!URL.canParse(item.url) || !/^https?:/i.test(item.url))
      problems.push({ path: at("url"), message: "expected an http or https URL" });
    return { kind: "url", url: item.url, scheme, tags, replaceByEmpty, refreshMs: item.refresh ?? DEFAULT_REFRESH_MS };
  }
  const file = item.file ?? "";
  const location = isAbsolute(file) ? file : join(context.directory, file);
  if (!existsSync(location)) problems.push({ path: at("file"), message: `there is no exit list ${location}` });
  return { kind: "file", path: location, scheme, tags, replaceByEmpty };
}
