import type { Side } from "./fault-sides.ts";
import type { Cell, Track, View } from "./tracks.ts";

/** What people are told of is what happened since then. Milliseconds. */
const TOLD_MS = 30_000;
const TOLD = `in the last ${TOLD_MS / 1000} s`;

/** What speaks for a side, strongest first. Empty where nobody else has seen either end lately. */
export function tellEvidence(side: Side, exit: Track | null, target: Track | null, cell: Cell | null, now: number): string[] {
  const lines: string[] = [];
  const ofExit = exit === null ? NOBODY : count(exit.cells, cell, ({ asExit }) => asExit, now);
  const ofTarget = target === null ? NOBODY : count(target.cells, cell, ({ asTarget }) => asTarget, now);
  if (side === "target") {
    lines.push(...tellTargetFailed(ofTarget), ...tellExitWorked(ofExit));
  } else if (side === "exit") {
    lines.push(...tellExitFailed(ofExit), ...tellTargetWorked(ofTarget));
  } else if (side === "pair") {
    if (cell !== null && cell.refusals > 0) {
      lines.push(`this exit and this target failed together ${cell.refusals + 1} times while both did well with others`);
    }
    lines.push(...tellTargetWorked(ofTarget), ...tellExitWorked(ofExit));
  }
  return lines;
}

interface Count {
  readonly failed: number;
  readonly failedKins: number;
  readonly worked: number;
  readonly workedKins: number;
}

const NOBODY: Count = { failed: 0, failedKins: 0, worked: 0, workedKins: 0 };

function count(cells: readonly Cell[], own: Cell | null, viewOf: (cell: Cell) => View, now: number): Count {
  const failed = new Set<string>();
  const worked = new Set<string>();
  let failures = 0;
  let successes = 0;
  for (const cell of cells) {
    if (cell === own) continue;
    const { okAt, badAt } = viewOf(cell);
    if (badAt > okAt && now - badAt <= TOLD_MS) {
      failures++;
      failed.add(cell.exit.kin);
    } else if (now - okAt <= TOLD_MS) {
      successes++;
      worked.add(cell.exit.kin);
    }
  }
  return { failed: failures, failedKins: failed.size, worked: successes, workedKins: worked.size };
}

function tellTargetFailed({ failed, failedKins }: Count): string[] {
  return failed === 0 ? [] : [`the same target failed through ${exits(failed)} of ${networks(failedKins)} ${TOLD}`];
}

function tellTargetWorked({ worked, workedKins }: Count): string[] {
  return worked === 0 ? [] : [`${exits(worked)} of ${networks(workedKins)} reached this target ${TOLD}`];
}

function tellExitFailed({ failed }: Count): string[] {
  return failed === 0 ? [] : [`this exit failed for ${targets(failed)} ${TOLD}`];
}

function tellExitWorked({ worked }: Count): string[] {
  return worked === 0 ? [] : [`this exit answered for ${targets(worked)} ${TOLD}`];
}

function exits(count: number): string {
  return `${count} other exit${count === 1 ? "" : "s"}`;
}

function networks(count: number): string {
  return `${count} network${count === 1 ? "" : "s"}`;
}

function targets(count: number): string {
  return `${count} other target${count === 1 ? "" : "s"}`;
}
