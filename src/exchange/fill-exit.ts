import type { RequestParams } from "../core/params.ts";
import type { Exit } from "../core/route.ts";
import { normalize, tagValues } from "../pool/exit-filter.ts";
import { fillHops, isTemplateExit } from "../wire/login-template-exit.ts";

/** Filled exits that are kept of each template: their idle sockets are found again while they are. */
const FILLED_MAX = 1000;
const MS_PER_MINUTE = 60_000;

const filledOf = new WeakMap<Exit, Map<string, Exit>>();

/**
 * The exit as it is dialled for one request. Where its login is a template, one of the many that it stands for: with what the client
 * asked for in its places. That is an exit of its own, whose credentials and idle sockets no other one shares; id and tags are the template's.
 * @param name what the client's session is called on this exit; null: it has none.
 */
export function fillExit(exit: Exit, { filter, session }: RequestParams, name: string | null): Exit {
  if (!isTemplateExit(exit)) return exit;
  const isHard = session?.hard === true;
  const hops = fillHops(exit.hops, {
    session: name === null ? null : `${isHard ? "hard" : "soft"} ${name}`,
    country: valueFor(exit.tags["country"], filter.tags["country"]),
    city: valueFor(exit.tags["city"], filter.tags["city"]),
    minutes: session === null ? null : session.durationMs / MS_PER_MINUTE,
  });
  return keep(exit, hops, exit.rotating && !isHard);
}

/** Of several values that are asked for, or that the exit has, the first that both sides take. */
function valueFor(own: string | undefined, asked: readonly string[] | undefined): string | null {
  const values = own === undefined ? [] : tagValues(own);
  const isFree = own === undefined || values.includes("*");
  const wanted = (asked ?? []).map(normalize).find((value) => isFree || values.includes(value));
  return wanted ?? values.find((value) => value !== "*") ?? null;
}

function keep(exit: Exit, hops: Exit["hops"], rotating: boolean): Exit {
  let filled = filledOf.get(exit);
  if (filled === undefined) {
    filled = new Map();
    filledOf.set(exit, filled);
  }
  const key = `${rotating}\n${hops.map(({ username, password }) => `${username ?? ""}\n${password ?? ""}`).join("\n")}`;
  const known = filled.get(key);
  if (known !== undefined) return known;
  const [oldest] = filled.keys();
  if (filled.size >= FILLED_MAX && oldest !== undefined) filled.delete(oldest);
  const made: Exit = { ...exit, hops, rotating };
  filled.set(key, made);
  return made;
}
