import type { FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { ExitScheme } from "../core/route.ts";
import type { CheckResult, CheckState } from "./check-result.ts";

/** Why so many proxies are dead, or lie. */
export interface Reason {
  readonly fault: FaultId;
  readonly count: number;
  /** What happened, in a sentence: of the fault. */
  readonly summary: string;
  /** What was seen at the first of them. */
  readonly details: string;
}

/** Counts results, for the progress and the summary. It keeps no result. */
export class Tally {
  readonly states: Record<CheckState, number> = { works: 0, lies: 0, answers: 0, dead: 0 };
  /** Proxies that work or answer, by each protocol that they do it with. */
  readonly protocols: Partial<Record<ExitScheme, number>> = {};
  /** Those that work, by what they let sites know. */
  readonly anonymity: Record<CheckResult["anonymity"]["level"], number> = { transparent: 0, anonymous: 0, elite: 0, unknown: 0 };
  /** Those that work or answer, by whether `--target` came through as expected. */
  readonly targets: { expected: number; unexpected: number } = { expected: 0, unexpected: 0 };
  duplicates = 0;
  badLines = 0;
  readonly #reasons = new Map<FaultId, Reason>();
  readonly #lies = new Map<FaultId, Reason>();

  get done(): number {
    const { works, lies, answers, dead } = this.states;
    return works + lies + answers + dead;
  }

  get alive(): number {
    return this.states.works + this.states.answers;
  }

  /** Why proxies are dead, the most frequent reason first. */
  get reasons(): Reason[] {
    return byCount(this.#reasons);
  }

  /** How proxies lie, the most frequent lie first. */
  get lies(): Reason[] {
    return byCount(this.#lies);
  }

  add(result: CheckResult): void {
    const { state, protocols, fault, anonymity, target } = result;
    this.states[state]++;
    if (state === "works") this.anonymity[anonymity.level]++;
    if (state === "works" || state === "answers") {
      for (const scheme of protocols) this.protocols[scheme] = (this.protocols[scheme] ?? 0) + 1;
      if (target !== null) this.targets[target.ok ? "expected" : "unexpected"]++;
    } else if (fault !== null) count(state === "lies" ? this.#lies : this.#reasons, fault);
  }
}

function count(reasons: Map<FaultId, Reason>, { id, details }: NonNullable<CheckResult["fault"]>): void {
  const known = reasons.get(id);
  if (known !== undefined) reasons.set(id, { ...known, count: known.count + 1 });
  else reasons.set(id, { fault: id, count: 1, summary: FAULTS[id].summary, details });
}

function byCount(reasons: ReadonlyMap<FaultId, Reason>): Reason[] {
  return [...reasons.values()].sort((a, b) => b.count - a.count);
}
