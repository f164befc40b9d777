import type { Finding } from "./hints.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { heldName } from "./readings.ts";

/** A name that was looked up here, and what the name servers themselves say of it; null: they were not asked, or did not answer. */
export interface LookedUp {
  readonly host: string;
  readonly port: number;
  readonly served: readonly string[] | null;
  /** Routes that do not depend on what is known here reached the site. */
  readonly isReachedElsewhere: boolean;
}

/** Whether what this machine holds for the name's address is out of date. Pure. */
export function nameHints({ host, port, served, isReachedElsewhere }: LookedUp, { hosts, nameServers }: MachineFacts): readonly Finding[] {
  const name = host.toLowerCase();
  const held = hosts.get(name);
  if (held !== undefined && served !== null && !held.some((address) => served.includes(address))) {
    const words = `/etc/hosts says ${held.join(", ")} for ${host}; the name servers say ${served.join(", ") || "that there is no such name"}.`;
    // A name that nobody else knows is held here on purpose.
    const proof = served.length === 0 ? {} : { proves: heldName(host, held, served, port) };
    return [{ words, command: `grep -n '${name}' /etc/hosts; getent hosts ${name}`, at: "here", ...proof }];
  }
  const cache = nameServers.find((address) => address.startsWith("127.") || address === "::1");
  if (cache === undefined || !isReachedElsewhere) return [];
  const words = `Others reach ${host}, and names are answered here by a cache on this machine (${cache}): it may hold an address that is gone.`;
  return [{ words, command: `resolvectl query ${name}; resolvectl flush-caches`, at: "here" }];
}
