import { BENCHED_BY_OPERATOR } from "../core/event.ts";
import type { ExitTable } from "./exit-table.ts";
import type { Hold } from "./hold.ts";
import type { LimitsInForce } from "./limits-in-force.ts";
import type { PoolExit } from "./pool-exit.ts";

/** Ways in which an operator takes an exit out and brings it back. What is in flight over it runs on. False: there is no such exit. */
export class OperatorDoor {
  readonly #exits: ExitTable;
  readonly #limits: LimitsInForce;

  constructor(exits: ExitTable, limits: LimitsInForce) {
    this.#exits = exits;
    this.#limits = limits;
  }

  /** Nobody is led over it for so long, whatever its health is. */
  bench(id: string, { ms, reason }: { readonly ms: number; readonly reason: string }, now: number): boolean {
    return this.#change(id, now, BENCHED_BY_OPERATOR, (member) => {
      member.hold = { isDraining: member.hold?.isDraining ?? false, benchedUntil: now + ms, reason };
    });
  }

  /** Ends an operator's bench, and one that it earned: what it failed for is taken to be mended. */
  unbench(id: string, now: number): boolean {
    return this.#change(id, now, "an operator ended its bench", (member) => {
      member.hold = member.hold?.isDraining === true ? DRAINING : null;
      member.learn().renew(this.#exits.attempts);
    });
  }

  /** It takes no new request until it is told otherwise, but those of the hard sessions that it has. */
  drain(id: string, isOn: boolean, now: number): boolean {
    return this.#change(id, now, "an operator drains it", (member) => {
      const { hold } = member;
      if (isOn) member.hold = hold === null ? DRAINING : { ...hold, isDraining: true };
      else if (hold !== null) member.hold = hold.benchedUntil > now ? { ...hold, isDraining: false } : null;
    });
  }

  #change(id: string, now: number, reason: string, change: (member: PoolExit) => void): boolean {
    const member = this.#exits.get(id);
    if (member === undefined) return false;
    change(member);
    this.#exits.place(member, reason, now);
    if (member.hold === null) this.#limits.onRoom(); // who waits for another exit may take this one
    return true;
  }
}

const DRAINING: Hold = { isDraining: true, benchedUntil: Number.NEGATIVE_INFINITY, reason: "" };
