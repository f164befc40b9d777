import { type Fault, fault } from "../core/fault.ts";
import type { ForwardService } from "./service.ts";

/** Ports that tunnels may not go to; null: it may. */
export function denyPort({ context }: ForwardService, port: number): Fault | null {
  const { tunnelPorts } = context.settings.targets;
  if (tunnelPorts.length === 0 || tunnelPorts.includes(port)) return null;
  return fault("client.denied", `tunnels to port ${port} are not allowed (targets.tunnelPorts)`);
}

export function isPublicOnly({ context, isPublic }: ForwardService): boolean {
  const { addresses } = context.settings.targets;
  return addresses === "public" || (addresses === "auto" && isPublic);
}
