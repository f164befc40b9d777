import { createHash, scryptSync, timingSafeEqual } from "node:crypto";
import { NO_PARAMS, type RequestParams } from "../core/params.ts";
import type { User } from "../core/settings.ts";
import { readParams } from "../wire/user-params.ts";

/**
 * Splits `alice-country-de-session-abc` into the configured user and what the rest asks for. A configured name is matched first,
 * the longest first, since names may have dashes too. Where no users are configured, any first word is a name.
 */
export function parseUserParams(
  username: string,
  users: readonly User[],
): { user: User | null; params: RequestParams } | { user: User | null; error: string } {
  const user = users.length === 0 ? null : longestMatch(username, users);
  if (users.length > 0 && user === null) return { user, error: "the user name or its password is wrong" };

  const rest = user === null ? afterFirstWord(username) : username.slice(user.name.length + 1);
  if (rest === "") return { user, params: NO_PARAMS };
  const params = readParams(rest);
  return "error" in params ? { user, ...params } : { user, params };
}

/** Compares in constant time. A `scrypt:SALT:HASH` is computed once for each distinct password. */
export function checkPassword(user: User, password: string): boolean {
  const [kind, salt, hash] = user.password.split(":");
  if (kind !== "scrypt" || salt === undefined || hash === undefined) return timingSafeEqual(digest(user.password), digest(password));

  const key = digest(`${user.password}\0${password}`).toString("base64");
  const known = hashed.get(key);
  if (known !== undefined) return known;
  const expected = Buffer.from(hash, "base64url");
  const matches = timingSafeEqual(scryptSync(password, Buffer.from(salt, "base64url"), expected.length), expected);
  remember(key, matches);
  return matches;
}

/** Whether comparing with this user's password is slow on purpose. */
export function isHashed({ password }: User): boolean {
  return password.startsWith("scrypt:");
}

/** Digests of a hash and a password that were compared, and whether they match. */
const hashed = new Map<string, boolean>();
const HASHED_MAX = 1000;

function remember(key: string, matches: boolean): void {
  if (hashed.size >= HASHED_MAX) hashed.delete(hashed.keys().next().value as string);
  hashed.set(key, matches);
}

function longestMatch(username: string, users: readonly User[]): User | null {
  let longest: User | null = null;
  for (const user of users) {
    const matches = username === user.name || username.startsWith(`${user.name}-`);
    if (matches && user.name.length > (longest?.name.length ?? -1)) longest = user;
  }
  return longest;
}

function afterFirstWord(username: string): string {
  const dash = username.indexOf("-");
  return dash < 0 ? "" : username.slice(dash + 1);
}

// Equal lengths, so that the comparison tells nothing of the password's.
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
