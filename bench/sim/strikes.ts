import { holds, type Law, type Truth } from "./laws.ts";

/** What a law does to an attempt. */
export interface Strike {
  readonly side: Truth["side"];
  readonly kind: string;
  readonly how: Truth["how"];
  /** How likely, 0 to 1. */
  readonly chance: number;
  /** What begins suddenly, and so can be known from its first failure on only. Null: it was always so. */
  readonly onset: string | null;
}

/** Numbers, as in the laws. */
export interface Where {
  readonly exit: number;
  readonly kin: number;
  readonly target: number;
}

/** What a law does to such an attempt now; null: nothing. A slow one is not struck, but late. */
export function strikeOf(law: Law, number: number, where: Where, now: number): Strike | null {
  if (!holds(law, now)) return null;
  const found = find(law, number, where, now);
  if (found === null) return null;
  const burst = law.kind === "kin-down" && law.everyS !== undefined ? Math.floor(now / 1000 / law.everyS) : null;
  return { ...found, onset: burst !== null || law.fromS !== undefined ? `${found.kind} ${burst}` : null };
}

function find(law: Law, number: number, { exit, kin, target }: Where, now: number): Omit<Strike, "onset"> | null {
  switch (law.kind) {
    case "exits-dead":
      return law.exits.includes(exit) ? { side: "exit", kind: `${number} exit ${exit}`, how: "dead", chance: 1 } : null;
    case "exits-flaky":
      return law.exits.includes(exit) ? { side: "exit", kind: `${number} exit ${exit}`, how: "flaky", chance: law.share } : null;
    case "kin-down": {
      const isNow = law.everyS === undefined || (now / 1000) % law.everyS < (law.forS ?? 0);
      return law.kin === kin && isNow ? { side: "exit", kind: `${number}`, how: "dead", chance: 1 } : null;
    }
    case "blocked":
      return law.target === target && law.exits.includes(exit)
        ? { side: "pair", kind: `${number} exit ${exit}`, how: "blocked", chance: 1 }
        : null;
    case "kin-blocked":
      return law.target === target && law.kin === kin ? { side: "pair", kind: `${number}`, how: "blocked", chance: 1 } : null;
    case "targets-down":
      return law.targets.includes(target) ? { side: "target", kind: `${number} target ${target}`, how: law.how, chance: 1 } : null;
    case "target-flaky":
      return law.target === target ? { side: "target", kind: `${number}`, how: law.how, chance: law.share } : null;
    case "uplink-lost":
      return { side: "network", kind: `${number}`, how: law.how, chance: 1 };
    default:
      return null;
  }
}
