import type { Exit, ExitHop, HopRole, Route, Target } from "../core/route.ts";
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
export function planRequest({ exit, target }: Route, session: string | null, addresses: readonly string[] | null): RequestPlan {
  if (exit === null) return addresses === null ? knownDirectPlan(target) : planDirect(target, addresses);
  const last = exit.hops.at(-1) as ExitHop;
  const answersItself = target.scheme === "http" && addresses === null && (last.scheme === "http" || last.scheme === "https");
  if (!answersItself) return planThrough(exit, target, session, addresses);
  return session === null ? knownExitPlan(exit, last) : planExit(exit, last, session);
}

function planDirect(target: Target, addresses: readonly string[] | null): RequestPlan {
  const { scheme, host, port } = target;
  return {
    dial: { hops: [], target: { host, port, addresses, tls: scheme === "https" } },
    key: `direct ${targetKey(target, addresses)}`,
    absoluteForm: false,
    proxyAuthorization: null,
    role: "target",
    hop: 1,
  };
}

function planExit(exit: Exit, last: ExitHop, session: string | null): RequestPlan {
  return {
    dial: { hops: exit.hops, target: null },
    key: wayKey(exit, session),
    absoluteForm: true,
    proxyAuthorization: last.username === null ? null : authorizationOf(last, last.username),
    role: "exit",
    hop: exit.hops.length,
  };
}

function planThrough(exit: Exit, target: Target, session: string | null, addresses: readonly string[] | null): RequestPlan {
  const { scheme, host, port } = target;
  return {
    dial: { hops: exit.hops, target: { host, port, addresses, tls: scheme === "https" } },
    key: `${wayKey(exit, session)} ${targetKey(target, addresses)}`,
    absoluteForm: false,
    proxyAuthorization: null,
    role: "target",
    hop: exit.hops.length + 1,
  };
}

/** A socket to an address that nobody checked does not serve where only checked ones may be used. */
function targetKey({ scheme, host, port }: Target, addresses: readonly string[] | null): string {
  return `${scheme} ${host} ${port}${addresses === null ? "" : " checked"}`;
}

/** Plans that most requests share are kept: their keys are then found by one look-up of a string whose hash is known. */
const directPlans = new Map<string, { readonly target: Target; readonly plan: RequestPlan }[]>();
const exitPlans = new WeakMap<Exit, RequestPlan>();
const HOSTS_MAX = 1000;
const PLANS_OF_HOST_MAX = 8;

function knownDirectPlan(target: Target): RequestPlan {
  const { scheme, host, port } = target;
  let ofHost = directPlans.get(host);
  const known = ofHost?.find(({ target: other }) => other.port === port && other.scheme === scheme);
  if (known !== undefined) return known.plan;
  const plan = planDirect(target, null);
  if (ofHost === undefined) {
    if (directPlans.size >= HOSTS_MAX) directPlans.clear();
    ofHost = [];
    directPlans.set(host, ofHost);
  }
  if (ofHost.length < PLANS_OF_HOST_MAX) ofHost.push({ target, plan });
  return plan;
}

function knownExitPlan(exit: Exit, last: ExitHop): RequestPlan {
  let plan = exitPlans.get(exit);
  if (plan === undefined) {
    plan = planExit(exit, last, null);
    exitPlans.set(exit, plan);
  }
  return plan;
}

/** A tunnel for CONNECT and SOCKS: whoever asked speaks with the target itself. */
export function planTunnel(route: Route, addresses: readonly string[] | null): DialPlan {
  const { exit, target } = route;
  return { hops: exit === null ? [] : exit.hops, target: { host: target.host, port: target.port, addresses, tls: false } };
}

/** Of exits that are objects for now; another object of the same exit gets the same. */
const keys = new WeakMap<Exit, string>();

/** With all that the sockets of an exit depend on: after a reload with other credentials its idle ones are not found again. */
function wayKey(exit: Exit, session: string | null): string {
  let key = keys.get(exit);
  if (key === undefined) {
    key = JSON.stringify([exit.id, ...exit.hops.map(identityOf)]);
    keys.set(exit, key);
  }
  // Clients choose a session's name: quoted, none reads as another's with a target behind it.
  return `exit ${key} ${session === null ? "" : JSON.stringify(session)}`;
}

function identityOf({ scheme, host, port, username, password, insecure }: ExitHop): readonly unknown[] {
  return [scheme, host, port, username, password, insecure];
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
