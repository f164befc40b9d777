import { NO_PARAMS, type RequestParams } from "../core/params.ts";
import type { ListenerSession, ListenerSettings } from "../core/settings.ts";
import { knownField } from "../wire/http1/known-field.ts";
import { readParamPairs } from "../wire/user-params.ts";
import type { ConfigPath } from "./config-error.ts";
import type { ParamValue } from "./file.ts";
import type { ResolveContext } from "./resolve-context.ts";

/** What a listener asks for on behalf of its clients. */
type ListenerParams = Pick<ListenerSettings, "params" | "session">;

const NOTHING: ListenerParams = { params: NO_PARAMS, session: null };
/** Values of `session` and `hardsession` that stand for a session made per port or per client. */
const MADE: ReadonlySet<string> = new Set(["port", "client"]);
/** RFC 9110 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Reads `params` of a listener: the keys of a user name, with lists for several values, and sessions by port, client or field. */
export function readListenerParams(
  given: Readonly<Record<string, ParamValue>>,
  path: ConfigPath | null,
  { problems }: ResolveContext,
): ListenerParams {
  const read = readParamPairs(Object.entries(given).map(([key, value]) => [key.toLowerCase(), tell(value)] as const));
  if ("error" in read) {
    problems.push({ path: path === null ? null : [...path, "params"], message: read.error });
    return NOTHING;
  }
  const { session } = read;
  if (session === null) return { params: read, session: null };
  const from =
    Object.values(given)
      .map(fieldOf)
      .find((field) => field !== null) ?? session.key;
  const { hard, durationMs } = session;
  if (typeof from === "string" && !MADE.has(from)) return { params: read, session: null };
  const made: ListenerSession = { from: from as ListenerSession["from"], hard, durationMs };
  const problem = problemOf(made.from);
  if (problem !== null) problems.push({ path: path === null ? null : [...path, "params"], message: problem });
  return { params: { ...read, session: null }, session: made };
}

/** In the shape of the file, empty where there is nothing to ask for. */
export function listenerParamsToFile({ params, session }: ListenerParams): Record<string, ParamValue> {
  const { filter, maxAttempts, timeoutMs, overTls } = params;
  return {
    ...filter.tags,
    ...(filter.exit === null ? {} : { exit: filter.exit }),
    ...sessionToFile(params.session, session),
    ...(maxAttempts === null ? {} : { attempts: maxAttempts }),
    ...(timeoutMs === null ? {} : { timeout: timeoutMs / 1000 }),
    ...(overTls ? { scheme: "https" } : {}),
  };
}

function sessionToFile(fixed: RequestParams["session"], made: ListenerSession | null): Record<string, ParamValue> {
  const held = made ?? fixed;
  if (held === null) return {};
  const from = "from" in held ? held.from : held.key;
  return {
    [held.hard ? "hardsession" : "session"]: typeof from === "string" ? from : { header: from.field },
    sessionduration: held.durationMs / 60_000,
  };
}

function tell(value: ParamValue): string {
  if (typeof value === "object" && "header" in value) return "header";
  return (Array.isArray(value) ? value.join(",") : String(value)).toLowerCase();
}

function fieldOf(value: ParamValue): { field: string } | null {
  return typeof value === "object" && "header" in value ? { field: value.header.toLowerCase() } : null;
}

/** A field that says how the message is framed or carried cannot name a session beside. */
function problemOf(from: ListenerSession["from"]): string | null {
  if (typeof from === "string") return null;
  if (!TOKEN.test(from.field)) return `header: "${from.field}" is not the name of a field`;
  return knownField(from.field) === null ? null : `header: ${from.field} has a meaning of its own; take another, such as x-session`;
}
