import type { HopState, Report } from "../core/event.ts";
import type { Exit, ExitHop } from "../core/route.ts";
import type { PoolSettings } from "../core/settings.ts";
import { BenchQueue } from "./bench-queue.ts";
import { ExitIndex } from "./exit-index.ts";
import { Floor } from "./floor.ts";
import { BARRED, OUT, PoolExit, USABLE, type Zone } from "./pool-exit.ts";

/** Bench ends that one look deals with: thousands may end in one moment, and no choice is to wait for them all. */
const BENCH_ENDS_MAX = 32;

/** What an exit must be to be taken. */
type ExitRules = Pick<PoolSettings, "floor" | "checked">;

/** The exits of a pool, each in the zone where it belongs, and every change of their states reported once. */
export class ExitTable {
  readonly floor: Floor;
  index: ExitIndex;
  readonly #byId = new Map<string, PoolExit>();
  readonly #benches = new BenchQueue();
  readonly #report: Report;
  /** How many exits are sound. */
  #sound = 0;
  /** By the state that was last reported. */
  #counts: Record<HopState, number> = noCounts();
  #onlyChecked: boolean;

  constructor({ floor, checked }: ExitRules, report: Report) {
    this.floor = new Floor(floor);
    this.#onlyChecked = checked;
    this.#report = report;
    this.index = new ExitIndex([], this.#byId);
  }

  configure({ floor, checked }: ExitRules, now: number): void {
    this.floor.share = floor;
    if (checked === this.#onlyChecked) return;
    this.#onlyChecked = checked;
    for (const member of this.#byId.values()) this.place(member, "the checks were configured", now);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): PoolExit | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<PoolExit> {
    return this.#byId.values();
  }

  /** Replaces the exits; those whose id was known keep what is known of them. */
  load(exits: readonly Exit[], now: number): { added: number; removed: readonly PoolExit[]; changed: readonly PoolExit[] } {
    const before = new Map(this.#byId);
    const changed: PoolExit[] = [];
    this.#byId.clear();
    let added = 0;
    for (const exit of exits) {
      if (this.#byId.has(exit.id)) {
        this.#report({ type: "warning", message: `two exits have the id ${exit.id}: the second is left out` });
        continue;
      }
      const known = before.get(exit.id);
      before.delete(exit.id);
      if (known === undefined) added++;
      else if (!isSameRoute(known.exit, exit)) changed.push(known);
      known?.update(exit);
      this.#byId.set(exit.id, known ?? new PoolExit(exit));
    }
    const removed = [...before.values()];
    for (const member of removed) this.#drop(member);
    this.index = new ExitIndex([...this.#byId.values()], this.#byId);
    this.#sound = 0;
    this.#counts = noCounts();
    for (const { isSound, reported } of this.#byId.values()) {
      if (isSound) this.#sound++;
      this.#counts[reported]++;
    }
    this.#lookAtFloor();
    if (this.#onlyChecked) for (const member of this.#byId.values()) this.place(member, "it was loaded", now);
    for (const member of changed) {
      member.learn().renew();
      this.place(member, "its route has changed", now);
    }
    return { added, removed, changed };
  }

  /** How many exits are in each state. Costs the same for a million; a bench that is over counts until it is noticed. */
  countByState(now: number): Readonly<Record<HopState, number>> {
    this.endBenches(now);
    return { ...this.#counts };
  }

  /** Ends benches whose time has come. */
  endBenches(now: number): void {
    for (let count = 0; count < BENCH_ENDS_MAX; count++) {
      const member = this.#benches.takeDue(now);
      if (member === null) return;
      this.place(member, "its bench is over", now);
    }
  }

  /** Puts an exit where it belongs after anything about it has changed, and reports its new state. */
  place(member: PoolExit, reason: string, now: number): void {
    if (member.number < 0) return;
    const { hold } = member;
    if (hold !== null && !hold.isDraining && hold.benchedUntil <= now) member.hold = null;
    const end = member.benchedUntil;
    if (end > now) this.#benches.set(member, end);
    else if (member.queuedAt >= 0) this.#benches.delete(member);
    const zone = zoneOf(member, this.#onlyChecked, now);
    if (zone !== member.zone) {
      const from = member.zone;
      member.zone = zone;
      this.index.move(member, from, zone);
    }
    this.#countSound(member);
    this.#announce(member, reason, now);
  }

  /** Exits on probation do not count, else an outage would end and begin again with each of their attempts. */
  #countSound(member: PoolExit): void {
    const isSound = member.hold === null && !member.health.isOnProbation;
    if (isSound === member.isSound) return;
    member.isSound = isSound;
    this.#sound += isSound ? 1 : -1;
    this.#lookAtFloor();
  }

  #lookAtFloor(): void {
    const message = this.floor.look(this.#sound, this.size);
    if (message !== null) this.#report({ type: "warning", message });
  }

  #drop(member: PoolExit): void {
    this.#benches.delete(member);
    member.number = -1;
  }

  #announce(member: PoolExit, reason: string, now: number): void {
    const from = member.reported;
    const to = member.state(now);
    if (from === to) return;
    member.reported = to;
    this.#counts[from]--;
    this.#counts[to]++;
    const forMs = Math.max(0, Math.round(member.benchedUntil - now));
    this.#report({ type: "hop-changed", exit: member.exit.id, from, to, reason, forMs });
  }
}

function noCounts(): Record<HopState, number> {
  return { untried: 0, healthy: 0, probation: 0, benched: 0, dead: 0 };
}

function zoneOf({ hold, health, inFlight }: PoolExit, onlyChecked: boolean, now: number): Zone {
  if (hold !== null) return BARRED;
  if (health.isBenched(now) || (health.isOnProbation && inFlight > 0)) return OUT;
  return onlyChecked && (health.isOnProbation || (health.state(now) === "untried" && !health.isChecked)) ? OUT : USABLE;
}

function isSameRoute({ hops: a }: Exit, { hops: b }: Exit): boolean {
  return a === b || (a.length === b.length && a.every((hop, i) => isSameHop(hop, b[i] as ExitHop)));
}

function isSameHop(a: ExitHop, b: ExitHop): boolean {
  if (a.scheme !== b.scheme || a.host !== b.host || a.port !== b.port) return false;
  return a.username === b.username && a.password === b.password && a.insecure === b.insecure;
}
