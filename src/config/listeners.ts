import type { HostPort } from "../core/address.ts";
import type { ListenerSettings, User } from "../core/settings.ts";
import { isLoopback } from "../wire/loopback.ts";
import { parseListenAddresses, parseNetwork } from "./address.ts";
import type { ConfigPath } from "./config-error.ts";
import { DEFAULT_LISTENER } from "./defaults.ts";
import type { ConfigFile, ListenItem, ListenObject } from "./file.ts";
import { readListenerParams } from "./listener-params.ts";
import { readPem } from "./pem.ts";
import type { ResolveContext } from "./resolve-context.ts";

/** The listeners of file and flags. `users` and `allow` at the top of the file hold for each that has none of its own. */
export function resolveListeners(file: ConfigFile, flags: readonly string[], context: ResolveContext): readonly ListenerSettings[] {
  const users = resolveUsers(file.users, ["users"], context) ?? DEFAULT_LISTENER.users;
  const allow = resolveAllow(file.allow, ["allow"], context) ?? DEFAULT_LISTENER.allow;
  const shared: ListenerSettings = { ...DEFAULT_LISTENER, users, allow };
  const listeners = listenItems(file.listen, flags).flatMap(({ item, path }) => {
    const given: ListenObject = typeof item === "object" ? item : { address: item };
    const places = resolvePlaces(given, path, shared, context);
    const listener = resolveListener(given, path, { ...shared, ...places[0] }, context);
    if (isOpen(listener)) context.problems.push({ path, message: tellOpen(given.address ?? listener.host) });
    return places.map(({ host, port }) => ({ ...listener, host, port }));
  });
  if (listeners.length > LISTENERS_MAX) {
    context.problems.push({ path: ["listen"], message: `there are at most ${LISTENERS_MAX} listeners, and these are ${listeners.length}` });
  }
  return listeners;
}

/** Each is a socket, with a timer of its own. */
const LISTENERS_MAX = 4096;

/** One, or one for each port of a range. */
function resolvePlaces(
  given: ListenObject,
  path: ConfigPath | null,
  { host, port }: ListenerSettings,
  { problems }: ResolveContext,
): readonly HostPort[] {
  if (given.address === undefined) return [{ host, port }];
  const places = parseListenAddresses(String(given.address));
  if (!("problem" in places)) return places;
  problems.push({ path, message: path === null ? `--listen: ${places.problem}` : places.problem });
  return [{ host, port }];
}

interface Item {
  readonly item: ListenItem;
  /** Null: of a flag. */
  readonly path: ConfigPath | null;
}

function listenItems(given: ConfigFile["listen"], flags: readonly string[]): Item[] {
  if (flags.length > 0) return flags.map((item) => ({ item, path: null }));
  if (given === undefined) return [{ item: {}, path: ["listen"] }];
  if (Array.isArray(given)) return (given as readonly ListenItem[]).map((item, i) => ({ item, path: ["listen", i] }));
  return [{ item: given as ListenItem, path: ["listen"] }];
}

function resolveListener(
  given: ListenObject,
  path: ConfigPath | null,
  shared: ListenerSettings,
  context: ResolveContext,
): ListenerSettings {
  const at = path ?? [];
  const { cert, key } = given.tls ?? {};
  return {
    ...shared,
    tls:
      cert === undefined || key === undefined
        ? shared.tls
        : { cert: readPem(cert, [...at, "tls", "cert"], context), key: readPem(key, [...at, "tls", "key"], context) },
    users: resolveUsers(given.users, [...at, "users"], context) ?? shared.users,
    allow: resolveAllow(given.allow, [...at, "allow"], context) ?? shared.allow,
    allowPlaintextHttps: given.allowPlaintextHttps ?? shared.allowPlaintextHttps,
    ...(given.params === undefined ? {} : readListenerParams(given.params, path, context)),
  };
}

function resolveUsers(given: ConfigFile["users"], path: ConfigPath, { problems }: ResolveContext): readonly User[] | null {
  if (given === undefined) return null;
  return Object.entries(given).map(([name, password]) => {
    // RFC 7617 2: the first colon ends the name.
    if (/[:\x00-\x1f\x7f]/.test(name)) problems.push({ path, key: name, message: "a user name has no colon and no control character" });
    if (password.startsWith("scrypt:") && !SCRYPT.test(password)) {
      problems.push({ path: [...path, name], message: "expected scrypt:SALT:HASH, both base64url" });
    }
    return { name, password };
  });
}

const SCRYPT = /^scrypt:[\w-]{8,}:[\w-]{22,}$/;

function resolveAllow(given: readonly string[] | undefined, path: ConfigPath, { problems }: ResolveContext): readonly string[] | null {
  if (given === undefined) return null;
  return given.flatMap((text, i) => {
    const network = parseNetwork(text);
    if (typeof network === "string") return network;
    problems.push({ path: [...path, i], message: network.problem });
    return [];
  });
}

function isOpen({ host, users, allow }: ListenerSettings): boolean {
  return !isLoopback(host) && users.length === 0 && allow.length === 0;
}

// An open proxy on a public address is found and abused within hours.
function tellOpen(address: string | number): string {
  return [
    `${address} can be reached from other machines, and anybody could use it. Add one of these to goodgateway.yaml, or listen on 127.0.0.1:`,
    `  users: { alice: \${ALICE_PASSWORD} }`,
    "  allow: [192.0.2.0/24]",
  ].join("\n");
}
