import { isIP } from "node:net";
import { attribute } from "../blame/attribute.ts";
import { formatHostPort } from "../core/address.ts";
import { type Fault, fault } from "../core/fault.ts";
import { classifyAddress } from "../net/address-policy.ts";
import type { Exchange } from "./exchange.ts";

/** Names that a cloud machine's metadata service answers to, whatever its address. */
const METADATA_NAMES = new Set(["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"]);

/**
 * What the listener's policy says of the target. On a public listener every address is looked at before any is used, and only those
 * that were looked at are used, so that no second look-up can answer otherwise.
 */
export async function checkTarget(exchange: Exchange): Promise<{ addresses: readonly string[] | null } | { fault: Fault }> {
  const { target, publicOnly } = exchange.request;
  const { isOwnListener, settings } = exchange.context;
  const literal = isIP(target.host) === 0 ? null : target.host;
  if (literal !== null && isOwnListener(literal, target.port))
    return { fault: fault("gateway.loop_detected", "the target is this gateway's own listener") };
  if (target.host === "localhost" && (isOwnListener("127.0.0.1", target.port) || isOwnListener("::1", target.port))) {
    return { fault: fault("gateway.loop_detected", "the target is this gateway's own listener") };
  }
  if (!publicOnly) return { addresses: null };
  if (METADATA_NAMES.has(target.host) || target.host === "localhost" || target.host.endsWith(".localhost")) {
    return { fault: prohibited(`${target.host} is a name of the machine itself`) };
  }
  if (literal === null && settings.targets.remoteDns === "allow") return { addresses: null };
  const addresses = literal === null ? await resolve(exchange) : [literal];
  if ("fault" in addresses) return addresses;
  for (const address of addresses) {
    const kind = classifyAddress(address);
    if (kind !== "public") return { fault: prohibited(`${formatHostPort(target)} is ${address}, a ${kind} address`) };
    if (isOwnListener(address, target.port)) return { fault: fault("gateway.loop_detected", "the target is this gateway's own listener") };
  }
  return { addresses };
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
  const elapsedMs = clock.now() - startedAt;
  const seen = {
    stage: "dns",
    role: "target",
    hop: 1,
    reused: false,
    bytesIn: 0,
    bytesOut: 0,
    firstBytes: new Uint8Array(0),
    elapsedMs,
  } as const;
  const route = { exit: null, target: request.target };
  return { fault: attribute({ kind: "interrupted", interruption: resolved.interruption, seen }, route).fault };
}

function prohibited(details: string): Fault {
  return fault("gateway.ip_prohibited", details);
}
