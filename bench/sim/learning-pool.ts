import { DEFAULTS } from "../../src/config/defaults.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Lease } from "../../src/pool/lease.ts";
import { Pool } from "../../src/pool/pool.ts";
import type { Policy, PolicyContext } from "./policies.ts";
import { Score } from "./score.ts";

export interface Learning extends Policy {
  readonly score: Score;
}

/** The pool that ships, with its defaults. */
export function learning({ world, clock, random }: PolicyContext): Learning {
  const score = new Score();
  const leases = new Map<string, Lease[]>();
  let benches = 0;
  const pool = new Pool({
    settings: DEFAULTS.pool,
    clock,
    random,
    report: (event) => {
      if (event.type === "hop-changed" && (event.to === "benched" || event.to === "dead")) benches++;
    },
  });
  pool.load(world.exits);
  return {
    score,
    take(target, tried) {
      const ids = new Set([...tried].map((exit) => `e${exit}`));
      const lease = pool.take({ target: world.targets[target] as never, params: NO_PARAMS }, ids);
      if (lease === null) return null;
      const key = `${lease.exit.id} ${target}`;
      leases.set(key, [...(leases.get(key) ?? []), lease]);
      return Number(lease.exit.id.slice(1));
    },
    settle(exit, target, tried) {
      const lease = leases.get(`e${exit} ${target}`)?.pop() as Lease;
      const before = benches;
      if (tried.ok) {
        pool.settle(lease, { kind: "answered", ms: tried.ms });
        return;
      }
      const weighed = pool.settle(lease, { kind: "failed", ...tried.failure });
      if (weighed !== null) score.count(tried.truth, weighed, benches > before);
    },
  };
}
