import { type ExitFilter, NO_PARAMS, type RequestParams } from "../core/params.ts";
import type { ParamsError } from "../wire/user-params.ts";

/**
 * What a client asks for within what its listener asks for on behalf of all. A client narrows: its values must be among the listener's,
 * and of two limits the lower holds. Its own session takes the place of the listener's.
 */
export function mergeParams(own: RequestParams, listener: RequestParams): RequestParams | ParamsError {
  if (listener === NO_PARAMS) return own;
  const filter = mergeFilters(own.filter, listener.filter);
  if ("error" in filter) return filter;
  return {
    filter,
    session: own.session ?? listener.session,
    maxAttempts: lower(own.maxAttempts, listener.maxAttempts),
    timeoutMs: lower(own.timeoutMs, listener.timeoutMs),
    overTls: own.overTls || listener.overTls,
  };
}

function mergeFilters(own: ExitFilter, listener: ExitFilter): ExitFilter | ParamsError {
  const tags: Record<string, readonly string[]> = { ...listener.tags, ...own.tags };
  for (const [name, allowed] of Object.entries(listener.tags)) {
    const asked = own.tags[name];
    if (asked === undefined) continue;
    const both = asked.filter((value) => allowed.some((other) => isSame(value, other)));
    if (both.length === 0) return contradicts(name, asked.join(","), allowed.join(","));
    tags[name] = both;
  }
  if (own.exit !== null && listener.exit !== null && !isSame(own.exit, listener.exit)) {
    return contradicts("exit", own.exit, listener.exit);
  }
  return { exit: listener.exit ?? own.exit, tags };
}

function contradicts(name: string, asked: string, allowed: string): ParamsError {
  return { error: `parameter "${name}" is ${asked}, and this listener allows ${allowed} only` };
}

/** In a user name `_` stands for a dash or a space. */
function isSame(value: string, other: string): boolean {
  return value.replace(/[- ]/g, "_") === other.replace(/[- ]/g, "_");
}

function lower(own: number | null, listener: number | null): number | null {
  if (own === null || listener === null) return own ?? listener;
  return Math.min(own, listener);
}
