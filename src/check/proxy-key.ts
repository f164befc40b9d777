import { formatHostPort } from "../core/address.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import type { Candidate } from "./candidates.ts";
import type { CheckResult } from "./check-result.ts";

/**
 * What names a proxy among all of a run: two lines with the same key are one. It holds the passwords, since vendors have a session's name in
 * there, and is for `Seen` alone, which keeps a few bits of it.
 */
export function keyOf({ exit }: Candidate): string {
  const key = keyOfPlace(exit.id, exit.hops.at(-1) as ExitHop);
  return hasUser(exit) ? `${key} ${JSON.stringify(exit.hops.map(({ username, password }) => [username, password]))}` : key;
}

/** As keyOfResult, of one that a result is looked for. */
export function keyOfEarlier({ exit, source, line }: Candidate): string {
  const key = keyOfPlace(exit.id, exit.hops.at(-1) as ExitHop);
  return hasUser(exit) ? keyOfLine(key, source, line) : key;
}

/**
 * The key of what an earlier run has checked. A result tells no password: whether it is that of a line with a user, and not of one with another
 * password, is only known by where the line stands.
 */
export function keyOfResult({ exit, proxy, source, line }: Pick<CheckResult, "exit" | "proxy" | "source" | "line">): string {
  const key = `${exit} ${/[^/@,]*$/.exec(proxy)?.[0] ?? ""}`;
  return proxy.includes("@") ? keyOfLine(key, source, line) : key;
}

function hasUser({ hops }: Exit): boolean {
  return hops.some(({ username }) => username !== null);
}

function keyOfPlace(id: string, place: ExitHop): string {
  return `${id} ${formatHostPort(place)}`;
}

/** However its list was called from wherever: `list.txt` is `../list.txt`. */
function keyOfLine(key: string, source: string | null, line: number | null): string {
  return `${key} ${line} ${source?.replace(/^.*[/\\]/s, "")}`;
}
