import type { Failure } from "../blame/failure.ts";
import { formatHostPort } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { GatewayEvent, Report } from "../core/event.ts";
import { type Culprit, isOfTargetSide } from "../core/fault.ts";
import type { AttemptRecord } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { Pool } from "../pool/pool.ts";

/** A failure that others may come to throw another light on. */
export interface Told {
  /** The exchange's id. */
  readonly id: string;
  /** 1 = the first. */
  readonly attempt: number;
  /** With the exit as it was taken. */
  readonly route: Route;
  readonly failure: Failure;
  readonly record: AttemptRecord;
  /** The exchange has not ended: what it will tell is not told yet. */
  isOpen(): boolean;
}

interface Remembered {
  readonly told: Told;
  readonly at: number;
  culprit: Culprit;
}

/** Failures that are looked at again. */
const REMEMBERED_MAX = 512;
/** And for how long. Milliseconds. */
const REMEMBERED_MS = 60_000;

/**
 * Looks again at recent verdicts when much has been learned: a target's when it turns out to be down, an exit's when it is benched. Those
 * that now read otherwise are revised, and an exit that was benched for such a failure is acquitted.
 */
export class Revisions {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #recent: Remembered[] = [];
  #next = 0;

  constructor({ pool, clock, report }: { readonly pool: Pool; readonly clock: Clock; readonly report: Report }) {
    this.#pool = pool;
    this.#clock = clock;
    this.#report = report;
  }

  /** @param culprit as it was told. */
  remember(told: Told, culprit: Culprit): void {
    this.#recent[this.#next] = { told, at: this.#clock.now(), culprit };
    this.#next = (this.#next + 1) % REMEMBERED_MAX;
  }

  hear(event: GatewayEvent): void {
    if (event.type === "circuit-changed" && event.from === "closed" && event.to === "open") {
      this.#review(({ route }) => formatHostPort(route.target) === event.target, `the target ${event.target} turned out to be down`);
    } else if (event.type === "hop-changed" && event.to === "benched") {
      // What it is benched for tells nothing of a route that it had before.
      const isIt = ({ route: { exit } }: Told) => exit?.id === event.exit && this.#pool.leadsStill(exit);
      this.#review(isIt, `the exit ${event.exit} turned out to be broken`);
    }
  }

  #review(isMeant: (told: Told) => boolean, reason: string): void {
    const now = this.#clock.now();
    for (const remembered of this.#recent) {
      const { told, at, culprit: from } = remembered;
      if (now - at > REMEMBERED_MS || !isMeant(told)) continue;
      const { culprit: to, confidence, side, evidence } = this.#pool.weigh(told.route, told.failure);
      if (side === "other" || evidence.length === 0) continue;
      if (side === "target") this.#pool.acquit(told.route, told.failure.fault.id, reason);
      if (isSameSide(from, to)) continue;
      remembered.culprit = to;
      if (told.isOpen()) Object.assign(told.record, { culprit: to, confidence });
      else this.#report({ type: "verdict-revised", id: told.id, attempt: told.attempt, from, to, reason });
    }
  }
}

function isSameSide(a: Culprit, b: Culprit): boolean {
  return a === b || (isOfTargetSide(a) && isOfTargetSide(b));
}
