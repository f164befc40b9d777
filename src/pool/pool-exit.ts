import type { HopState } from "../core/event.ts";
import type { Exit } from "../core/route.ts";
import { Health } from "./health.ts";
import { kinOf } from "./kin.ts";

/**
 * Which exits are drawn from first. `USABLE`: may be taken. `OUT`: benched, or on probation with an attempt under way; only where nothing
 * is usable, or too little. `BARRED`: an operator said no.
 */
export const USABLE = 0;
export const OUT = 1;
export const BARRED = 2;
export type Zone = typeof USABLE | typeof OUT | typeof BARRED;

/** What an operator said of an exit: no new lease. One that only drains keeps its hard sessions, which could not move. */
export interface Hold {
  readonly isDraining: boolean;
  /** On the clock; minus infinity: it is not benched. */
  readonly benchedUntil: number;
  /** Why it is benched, in the operator's words; may be empty. */
  readonly reason: string;
}

/** Of every exit that nothing is known of; never written to. */
const UNKNOWN = new Health();

/** An exit of the pool with what is known of it. Lean, since there may be a million that are never used. */
export class PoolExit {
  exit: Exit;
  /** Its place in the index. */
  number = -1;
  zone: Zone = USABLE;
  inFlight = 0;
  /** Tunnels that are open over it; their leases were settled when they began. */
  tunnels = 0;
  /** The count of leases when it was last taken; 0: never. */
  lastLease = 0;
  /** An operator holds it out: no new lease. */
  hold: Hold | null = null;
  /** Healthy, or nothing is known of it: what the pool counts on. */
  isSound = true;
  /** Its place in the queue of bench ends; -1: none. */
  queuedAt = -1;
  /** The state that was last reported. */
  reported: HopState = "untried";
  #health: Health | null = null;
  #kin: string | null = null;

  constructor(exit: Exit) {
    this.exit = exit;
  }

  /** For reading. */
  get health(): Health {
    return this.#health ?? UNKNOWN;
  }

  /** For writing. */
  learn(): Health {
    this.#health ??= new Health();
    return this.#health;
  }

  state(now: number): HopState {
    return this.hold !== null && this.hold.benchedUntil > now ? "benched" : this.health.state(now);
  }

  /** When its bench is over, an operator's or one that it earned. On the clock. */
  get benchedUntil(): number {
    return Math.max(this.health.benchedUntil, this.hold?.benchedUntil ?? Number.NEGATIVE_INFINITY);
  }

  get kin(): string {
    this.#kin ??= kinOf(this.exit);
    return this.#kin;
  }

  /** Takes what a newer list says of it. */
  update(exit: Exit): void {
    this.exit = exit;
    this.#kin = null;
  }
}
