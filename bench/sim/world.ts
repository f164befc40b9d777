import type { Random } from "../../src/core/clock.ts";
import type { Exit, Target } from "../../src/core/route.ts";
import { holds, type Law, type TrueSide, type Truth } from "./laws.ts";
import { blameBy, blameByItself } from "./oracle.ts";
import { pick, seeded, spread } from "./random.ts";
import type { Join, Scenario } from "./scenarios.ts";
import { type Strike, strikeOf } from "./strikes.ts";
import { chancesOf, DEATHS, type Death, DIALECTS, type Dialect, type Symptom, symptomOf } from "./symptoms.ts";

export type Tried = { readonly ok: true; readonly ms: number } | ({ readonly ok: false; readonly truth: Truth } & Symptom);

interface Member {
  readonly exit: Exit;
  readonly kin: number;
  readonly ms: number;
  readonly dialect: Dialect;
  readonly death: Death;
}

interface Failing {
  readonly sides: readonly TrueSide[];
  readonly suspects: readonly Strike[];
  readonly member: Member;
}

/** Answers no slower than this; what takes longer is a timeout. Milliseconds. */
const PATIENCE_MS = 10_000;

/** Exits and targets, with what is truly wrong with them. Its numbers do not depend on who asks. */
export class World {
  readonly exits: readonly Exit[];
  readonly targets: readonly Target[];
  readonly #members: readonly Member[];
  readonly #targetMs: readonly number[];
  readonly #laws: readonly Law[];
  readonly #joins: readonly Join[];
  readonly #random: Random;
  /** What began suddenly and has shown itself. */
  readonly #begun = new Set<string>();

  constructor({ exits, kins, targets, laws, joins = [] }: Scenario, seed: number) {
    const random = seeded(seed);
    this.#random = random;
    this.#laws = laws;
    this.#joins = joins;
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

  /** Whether it is in the pool by then. */
  hasJoined(exit: number, now: number): boolean {
    const join = this.#joins.find((each) => each.exit === exit);
    return join === undefined || now >= join.atS * 1000;
  }

  kinOf(exit: number): string {
    return `provider p${this.#member(exit).kin}`;
  }

  attempt(exit: number, target: number, now: number): Tried {
    const member = this.#member(exit);
    const usualMs = member.ms + (this.#targetMs[target] as number);
    let ms = spread(usualMs, SIGMA, this.#random);
    let slow: Strike | null = null;
    let broken: Strike | null = null;
    const sides: TrueSide[] = [];
    const suspects: Strike[] = [];
    for (const [number, law] of this.#laws.entries()) {
      if (!holds(law, now)) continue;
      const slower = slownessOf(law, exit, target);
      if (slower > 1) {
        ms *= slower;
        slow = slowness(law, number, exit, chanceOfLate(usualMs * slower));
      }
      const found = strikeOf(law, number, { exit, kin: member.kin, target }, now);
      if (found === null) continue;
      suspects.push(found);
      if (found.chance < 1 && this.#random() >= found.chance) continue;
      sides.push(found.side);
      if (broken === null || ORDER[found.side] < ORDER[broken.side]) broken = found;
    }
    const isLate = slow !== null && ms > PATIENCE_MS;
    if (broken === null && !isLate) return { ok: true, ms };
    if (isLate) sides.push((slow as Strike).side);
    if (slow !== null) suspects.push(slow);
    return this.#fail(broken ?? (slow as Strike), { sides, suspects, member });
  }

  #fail(struck: Strike, { sides, suspects, member }: Failing): Tried {
    const { side, kind, how } = struck;
    const symptom = symptomOf(chancesOf(struck, member), this.#random);
    const blame = (known: readonly Strike[]) =>
      blameBy(
        known.map((each) => ({ ...each, order: each.how === "slow" ? LAST : ORDER[each.side] })),
        symptom,
        member,
      ) ?? blameByItself(symptom);
    const notForeseeing = blame(suspects.filter(({ onset }) => onset === null || this.#begun.has(onset)));
    if (struck.onset !== null) this.#begun.add(struck.onset);
    return { ok: false, truth: { side, kind, how, sides, oracles: { allKnowing: blame(suspects), notForeseeing } }, ...symptom };
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

  #member(exit: number): Member {
    return this.#members[exit] as Member;
  }
}

/** The nearer to us, the sooner it breaks an attempt. */
const ORDER = { network: -1, exit: 0, pair: 1, target: 2 } as const;
/** Lateness shows where nothing else does. */
const LAST = 3;

/** Of the time that an attempt takes, as `spread` draws it. */
const SIGMA = 0.4;

/** How likely `spread` draws more than anybody waits for (Abramowitz and Stegun 26.2.17). */
function chanceOfLate(medianMs: number): number {
  const x = Math.log(PATIENCE_MS / medianMs) / SIGMA;
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t * Math.exp((-x * x) / 2) * 0.3989422804;
  return x >= 0 ? tail : 1 - tail;
}

function slowness(law: Law, number: number, exit: number, chance: number): Strike {
  const onset = law.fromS === undefined ? null : `${number} slow`;
  return law.kind === "exits-slow"
    ? { side: "exit", kind: `${number} exit ${exit}`, how: "slow", chance, onset }
    : { side: "target", kind: `${number}`, how: "slow", chance, onset };
}

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
