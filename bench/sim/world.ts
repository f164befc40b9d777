import type { Random } from "../../src/core/clock.ts";
import type { Exit, Target } from "../../src/core/route.ts";
import { holds, type Law, type TrueSide, type Truth } from "./laws.ts";
import { pick, seeded, spread } from "./random.ts";
import type { Scenario } from "./scenarios.ts";
import { DEATHS, type Death, DIALECTS, type Dialect, type Symptom, symptomOf } from "./symptoms.ts";

export type Tried = { readonly ok: true; readonly ms: number } | ({ readonly ok: false; readonly truth: Truth } & Symptom);

interface Member {
  readonly exit: Exit;
  readonly kin: number;
  readonly ms: number;
  readonly dialect: Dialect;
  readonly death: Death;
}

type Broken = Omit<Truth, "sides">;

/** Answers no slower than this; what takes longer is a timeout. Milliseconds. */
const PATIENCE_MS = 10_000;

/** Exits and targets, with what is truly wrong with them. Its numbers do not depend on who asks. */
export class World {
  readonly exits: readonly Exit[];
  readonly targets: readonly Target[];
  readonly #members: readonly Member[];
  readonly #targetMs: readonly number[];
  readonly #laws: readonly Law[];
  readonly #random: Random;

  constructor({ exits, kins, targets, laws }: Scenario, seed: number) {
    const random = seeded(seed);
    this.#random = random;
    this.#laws = laws;
    this.#members = Array.from({ length: exits }, (_, number) => ({
      exit: exitOf(number, number % kins),
      kin: number % kins,
      ms: spread(250, 0.5, random),
      dialect: pick(DIALECTS, random),
      death: pick(DEATHS, random),
    }));
    this.exits = this.#members.map(({ exit }) => exit);
    this.targets = Array.from({ length: targets }, (_, number) => ({ scheme: "tcp", host: `site-${number}.example`, port: 443 }));
    this.#targetMs = Array.from({ length: targets }, () => spread(150, 0.5, random));
  }

  kinOf(exit: number): string {
    return `provider p${this.#member(exit).kin}`;
  }

  attempt(exit: number, target: number, now: number): Tried {
    const member = this.#member(exit);
    let ms = spread(member.ms + (this.#targetMs[target] as number), 0.4, this.#random);
    let slow: Broken | null = null;
    let broken: Broken | null = null;
    const sides: TrueSide[] = [];
    for (const [number, law] of this.#laws.entries()) {
      if (!holds(law, now)) continue;
      const slower = slownessOf(law, exit, target);
      if (slower > 1) {
        ms *= slower;
        slow =
          law.kind === "exits-slow"
            ? { side: "exit", kind: `${number} exit ${exit}`, how: "slow" }
            : { side: "target", kind: `${number}`, how: "slow" };
      }
      const found = this.#breaks(law, exit, member.kin, target, now, number);
      if (found === null) continue;
      sides.push(found.side);
      if (broken === null || ORDER[found.side] < ORDER[broken.side]) broken = found;
    }
    const isLate = slow !== null && ms > PATIENCE_MS;
    if (broken === null && !isLate) return { ok: true, ms };
    if (isLate) sides.push((slow as Broken).side);
    const truth: Truth = { ...(broken ?? (slow as Broken)), sides };
    return { ok: false, truth, ...symptomOf(truth, member.dialect, member.death, member.ms, this.#random) };
  }

  /** An exit that fails whatever it is asked for. */
  isDead(exit: number, now: number): boolean {
    const { kin } = this.#member(exit);
    return this.#laws.some(
      (law) =>
        holds(law, now) &&
        ((law.kind === "exits-dead" && law.exits.includes(exit)) ||
          (law.kind === "kin-down" && law.everyS === undefined && law.kin === kin)),
    );
  }

  isTargetDown(target: number, now: number): boolean {
    return this.#laws.some((law) => law.kind === "targets-down" && holds(law, now) && law.targets.includes(target));
  }

  #breaks(law: Law, exit: number, kin: number, target: number, now: number, number: number): Broken | null {
    switch (law.kind) {
      case "exits-dead":
        return law.exits.includes(exit) ? { side: "exit", kind: `${number} exit ${exit}`, how: "dead" } : null;
      case "exits-flaky":
        return law.exits.includes(exit) && this.#random() < law.share
          ? { side: "exit", kind: `${number} exit ${exit}`, how: "flaky" }
          : null;
      case "kin-down": {
        const isNow = law.everyS === undefined || (now / 1000) % law.everyS < (law.forS ?? 0);
        return law.kin === kin && isNow ? { side: "exit", kind: `${number}`, how: "dead" } : null;
      }
      case "blocked":
        return law.target === target && law.exits.includes(exit) ? { side: "pair", kind: `${number} exit ${exit}`, how: "blocked" } : null;
      case "kin-blocked":
        return law.target === target && law.kin === kin ? { side: "pair", kind: `${number}`, how: "blocked" } : null;
      case "targets-down":
        return law.targets.includes(target) ? { side: "target", kind: `${number} target ${target}`, how: law.how } : null;
      case "target-flaky":
        return law.target === target && this.#random() < law.share ? { side: "target", kind: `${number}`, how: law.how } : null;
      case "uplink-lost":
        return { side: "network", kind: `${number}`, how: law.how };
      default:
        return null;
    }
  }

  #member(exit: number): Member {
    return this.#members[exit] as Member;
  }
}

/** The nearer to us, the sooner it breaks an attempt. */
const ORDER = { network: -1, exit: 0, pair: 1, target: 2 } as const;

function slownessOf(law: Law, exit: number, target: number): number {
  if (law.kind === "exits-slow") return law.exits.includes(exit) ? law.times : 1;
  return law.kind === "target-slow" && law.target === target ? law.times : 1;
}

function exitOf(number: number, kin: number): Exit {
  const host = `198.51.${kin}.${number % 256}`;
  return {
    id: `e${number}`,
    hops: [{ scheme: "http", host, port: 8080 + number, username: null, password: null, insecure: false }],
    tags: { provider: `p${kin}` },
    rotating: false,
    weight: 1,
  };
}
