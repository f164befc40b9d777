import { isIP } from "node:net";
import { attributeUnresolved } from "../blame/attribute.ts";
import { formatHostPort } from "../core/address.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { Route } from "../core/route.ts";
import { classifyAddress } from "../net/address-policy.ts";
import type { Exchange } from "./exchange.ts";

/** Names that a cloud machine's metadata service answers to, whatever its address. */
const METADATA_NAMES = new Set(["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"]);

/** The addresses that may be used; null: whoever the route says resolves the name. Or why the target is not allowed. */
export type CheckedTarget = Checked | { readonly fault: Fault };

interface Checked {
  readonly addresses: readonly string[] | null;
}

const UNCHECKED: CheckedTarget = { addresses: null };

/**
 * What the listener's policy says of the target. On a public listener every address is looked at before any is used, and only those
 * that were looked at are used, so that no second look-up can answer otherwise.
 */
export function checkTarget(exchange: Exchange): CheckedTarget | Promise<CheckedTarget> {
  const { target, publicOnly } = exchange.request;
  const name = target.host.endsWith(".") ? target.host.slice(0, -1) : target.host;
  if (isOwnAddress(exchange, target.host) || (name === "localhost" && isOwn(exchange, LOOPBACK))) return { fault: loop() };
  if (!publicOnly) return UNCHECKED;
  if (METADATA_NAMES.has(name) || name === "localhost" || name.endsWith(".localhost")) {
    return { fault: prohibited(`${name} is a name of the machine itself`) };
  }
  if (isIP(name) !== 0) return checkAddresses(exchange, [target.host]);
  return exchange.context.settings.targets.remoteDns === "allow" ? UNCHECKED : resolveAndCheck(exchange);
}

/** The same for one route: where the exits are to resolve names, but on this route it is us who do, what we find is looked at too. */
export function checkRoute(exchange: Exchange, checked: Checked, { exit }: Route): CheckedTarget | Promise<CheckedTarget> {
  if (checked.addresses !== null || !exchange.request.publicOnly) return checked;
  const last = exit?.hops.at(-1)?.scheme;
  return last === undefined || last === "socks5" || last === "socks4" ? resolveAndCheck(exchange) : checked;
}

const LOOPBACK = ["127.0.0.1", "::1"];

function isOwn(exchange: Exchange, addresses: readonly string[]): boolean {
  return addresses.some((address) => isOwnAddress(exchange, address));
}

function isOwnAddress({ context, request }: Exchange, address: string): boolean {
  return context.isOwnListener(address, request.target.port);
}

async function resolveAndCheck(exchange: Exchange): Promise<CheckedTarget> {
  const resolved = await resolve(exchange);
  return "fault" in resolved ? resolved : checkAddresses(exchange, resolved);
}

function checkAddresses(exchange: Exchange, addresses: readonly string[]): CheckedTarget {
  if (isOwn(exchange, addresses)) return { fault: loop() };
  for (const address of addresses) {
    const kind = classifyAddress(address);
    if (kind !== "public") return { fault: prohibited(`${formatHostPort(exchange.request.target)} is ${address}, a ${kind} address`) };
  }
  return { addresses };
}

function loop(): Fault {
  return fault("gateway.loop_detected", "the target is this gateway's own listener");
}

async function resolve(exchange: Exchange): Promise<readonly string[] | { fault: Fault }> {
  const { context, request } = exchange;
  const { clock } = context;
  const startedAt = clock.now();
  const resolved = await context.resolver.resolve(
    request.target.host,
    Math.min(exchange.deadline, startedAt + context.settings.timeouts.connect),
  );
  if (!("interruption" in resolved)) return resolved.addresses;
  return { fault: attributeUnresolved(resolved.interruption, clock.now() - startedAt, request.target).fault };
}

function prohibited(details: string): Fault {
  return fault("gateway.ip_prohibited", details);
}
