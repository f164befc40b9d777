import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { formatHostPort } from "../core/address.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import type { ExitSource } from "../core/settings.ts";
import { parseExitLine } from "../wire/exit-line.ts";
import { VENDORS } from "../wire/login-template-vendors.ts";
import type { ConfigPath } from "./config-error.ts";
import { DEFAULT_FORMAT, DEFAULT_REFRESH_MS, DEFAULT_REPLACE_BY_EMPTY } from "./defaults.ts";
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
    if (typeof item === "object" && item.vendor === undefined) return resolveList(item, path, context) ?? [];
    const exit = typeof item === "object" ? resolveVendor(item, path, context) : resolveExit(item, path, context);
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

/** A vendor's account as the line that says the same: all that is asked of lines is asked of it. */
function resolveVendor(item: ExitListItem, path: ConfigPath, { problems, scheme }: ExitsContext): Exit | null {
  const { vendor, user, password, countries, sessions } = item;
  const list = LIST_KEYS.find((key) => item[key] !== undefined);
  if (vendor === undefined || list !== undefined) {
    problems.push({ path, message: "expected one of file, url and vendor" });
    return null;
  }
  const { endpoint: usual } = VENDORS[vendor];
  const endpoint = item.endpoint ?? (usual === null ? undefined : formatHostPort(usual));
  if (user === undefined || password === undefined || endpoint === undefined) {
    const missing = user === undefined ? "user" : password === undefined ? "password" : "endpoint";
    problems.push({ path, message: `a vendor's exits need ${missing}` });
    return null;
  }
  const tags: Record<string, string> = { ...lowerTags(item.tags), vendor };
  if (countries !== undefined && countries.length > 0) tags["country"] = countries.join(",").toLowerCase();
  if (sessions !== undefined) tags["sessions"] = String(sessions);
  const line = `${item.scheme ?? scheme}://${encodeURIComponent(user.toWellFormed())}:${encodeURIComponent(password.toWellFormed())}@${endpoint}`;
  const parsed = parseExitLine(line, { scheme, tags, where: { file: "", line: 1 }, env: null });
  if ("exit" in parsed) return parsed.exit;
  problems.push({ path, message: "error" in parsed ? parsed.error.reason : "expected an endpoint such as gate.example:8080" });
  return null;
}

const LIST_KEYS = ["file", "url", "format", "refresh", "replaceByEmpty"] as const;
const VENDOR_KEYS = ["user", "password", "endpoint", "sessions", "countries"] as const;

function lowerTags(tags: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [key.toLowerCase(), key.toLowerCase() === "id" ? value : value.toLowerCase()]),
  );
}

function resolveList(item: ExitListItem, path: ConfigPath | null, context: ExitsContext): ExitSource | null {
  const { problems } = context;
  const scheme = item.scheme ?? context.scheme;
  const format = item.format ?? DEFAULT_FORMAT;
  const replaceByEmpty = item.replaceByEmpty ?? DEFAULT_REPLACE_BY_EMPTY;
  const at = (key: string) => (path === null ? null : [...path, key]);
  const tags = lowerTags(item.tags);
  const vendors = VENDOR_KEYS.find((key) => item[key] !== undefined);
  if (vendors !== undefined) problems.push({ path, key: vendors, message: "only vendor goes with it" });
  if ("id" in tags) problems.push({ path: at("tags"), key: "id", message: "an id belongs to one exit: write it on the exit's line" });
  if ((item.file === undefined) === (item.url === undefined)) {
    problems.push({ path, message: "expected one of file, url and vendor" });
    return null;
  }
  if (item.url !== undefined) {
    if (!URL.canParse(item.url) || !/^https?:/i.test(item.url))
      problems.push({ path: at("url"), message: "expected an http or https URL" });
    return { kind: "url", url: item.url, scheme, format, tags, replaceByEmpty, refreshMs: item.refresh ?? DEFAULT_REFRESH_MS };
  }
  const file = item.file ?? "";
  const location = isAbsolute(file) ? file : join(context.directory, file);
  if (!existsSync(location)) problems.push({ path: at("file"), message: `there is no exit list ${location}` });
  return { kind: "file", path: location, scheme, format, tags, replaceByEmpty };
}
