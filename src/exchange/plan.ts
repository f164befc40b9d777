import type { Exit, ExitHop, HopRole, Route } from "../core/route.ts";
import type { DialPlan } from "../net/dial.ts";
import { basicAuthorization } from "../wire/http-connect.ts";

/** How a request goes over a route. */
export interface RequestPlan {
  readonly dial: DialPlan;
  /** The key of its idle sockets: whole route, credentials, session, TLS name. */
  readonly key: string;
  /** Absolute-form to an HTTP exit that answers for the target, origin-form to the target itself. */
  readonly absoluteForm: boolean;
  /** For the HTTP exit that answers. */
  readonly proxyAuthorization: string | null;
  /** Who answers: the exit, or the target. */
  readonly role: HopRole;
  /** Its place: 1 = nearest to us. */
  readonly hop: number;
}

/**
 * An HTTP exit takes a clear-text request whole; everything else is a tunnel to the target, with TLS done here for `https`.
 * `addresses` are those that a policy has checked: then a tunnel is used even for `http`, since only its CONNECT can name an address
 * without changing the request.
 */
export function planRequest(route: Route, session: string | null, addresses: readonly string[] | null): RequestPlan {
  const { exit, target } = route;
  const tls = target.scheme === "https";
  if (exit === null) {
    const key = `direct ${target.scheme} ${target.host} ${target.port}`;
    return {
      dial: { hops: [], target: { host: target.host, port: target.port, addresses, tls } },
      key,
      absoluteForm: false,
      proxyAuthorization: null,
      role: "target",
      hop: 1,
    };
  }
  const last = exit.hops.at(-1) as ExitHop;
  const answersItself = !tls && addresses === null && (last.scheme === "http" || last.scheme === "https");
  const way = `${exitKey(exit)} ${session ?? ""}`;
  return {
    dial: { hops: exit.hops, target: answersItself ? null : { host: target.host, port: target.port, addresses, tls } },
    key: answersItself ? way : `${way} ${target.scheme} ${target.host} ${target.port}`,
    absoluteForm: answersItself,
    proxyAuthorization: answersItself && last.username !== null ? authorizationOf(last, last.username) : null,
    role: answersItself ? "exit" : "target",
    hop: answersItself ? exit.hops.length : exit.hops.length + 1,
  };
}

/** A tunnel for CONNECT and SOCKS: whoever asked speaks with the target itself. */
export function planTunnel(route: Route, addresses: readonly string[] | null): DialPlan {
  const { exit, target } = route;
  return { hops: exit === null ? [] : exit.hops, target: { host: target.host, port: target.port, addresses, tls: false } };
}

const keys = new WeakMap<Exit, string>();
let nextKey = 0;

/** A number for each exit as it was loaded: after a reload with other credentials its idle sockets are not found again. */
function exitKey(exit: Exit): string {
  let key = keys.get(exit);
  if (key === undefined) {
    key = `exit ${nextKey++}`;
    keys.set(exit, key);
  }
  return key;
}

const authorizations = new WeakMap<ExitHop, string>();

function authorizationOf(hop: ExitHop, username: string): string {
  let value = authorizations.get(hop);
  if (value === undefined) {
    value = basicAuthorization({ username, password: hop.password });
    authorizations.set(hop, value);
  }
  return value;
}
