import type { Hint } from "./hints.ts";
import type { MachineFacts } from "./machine-facts.ts";

/** A name that was looked up here, and what the name servers themselves say of it; null: they were not asked, or did not answer. */
export interface LookedUp {
  readonly host: string;
  readonly served: readonly string[] | null;
  /** Routes that do not depend on what is known here reached the site. */
  readonly isReachedElsewhere: boolean;
}

/** Whether what this machine holds for the name's address is out of date. Pure. */
export function nameHints({ host, served, isReachedElsewhere }: LookedUp, { hosts, nameServers }: MachineFacts): readonly Hint[] {
  const name = host.toLowerCase();
  const held = hosts.get(name);
  if (held !== undefined && served !== null && !held.some((address) => served.includes(address))) {
    const words = `/etc/hosts says ${held.join(", ")} for ${host}; the name servers say ${served.join(", ") || "that there is no such name"}.`;
    return [{ words, command: `grep -n '${name}' /etc/hosts; getent hosts ${name}`, at: "here" }];
  }
  const cache = nameServers.find((address) => address.startsWith("127.") || address === "::1");
  if (cache === undefined || !isReachedElsewhere) return [];
  const words = `Others reach ${host}, and names are answered here by a cache on this machine (${cache}): it may hold an address that is gone.`;
  return [{ words, command: `resolvectl query ${name}; resolvectl flush-caches`, at: "here" }];
}
