import { brokenAlike } from "./common-cause.ts";
import type { Side } from "./fault-sides.ts";
import type { Cell, Kin, Track, View } from "./tracks.ts";

/** What people are told of is what happened lately; where little happens, what happened in the longer of these times. Milliseconds. */
const WINDOWS = [
  { ms: 30_000, words: "in the last 30 s" },
  { ms: 300_000, words: "in the last 5 min" },
] as const;

/** The ends of a failure, as far as they are known. */
interface Known {
  readonly exit: Track | null;
  readonly target: Track | null;
  readonly cell: Cell | null;
  readonly family: Kin | null;
}

/**
 * What others saw that speaks for a side, strongest first. Empty where nobody else has seen either end lately.
 * @param isOwn the failure itself names this side: where nothing else speaks for it, what speaks against it is told.
 */
export function tellEvidence(side: Side, isOwn: boolean, { exit, target, cell, family }: Known, now: number): string[] {
  const ofExit = exit === null ? NOBODY : look(exit.cells, cell, ({ asExit }) => asExit, now);
  const ofTarget = target === null ? NOBODY : look(target.cells, cell, ({ asTarget }) => asTarget, now);
  switch (side) {
    case "target":
      return told(
        isOwn,
        [...tellTargetFailed(ofTarget), ...tellExitWorked(ofExit)],
        [...tellTargetWorked(ofTarget), ...tellExitFailed(ofExit)],
      );
    case "exit":
      return told(
        isOwn,
        [...tellExitFailed(ofExit), ...tellBrokenAlike(exit, now), ...tellKinFailed(family, exit, now), ...tellTargetWorked(ofTarget)],
        [...tellExitWorked(ofExit), ...tellTargetFailed(ofTarget)],
      );
    case "pair":
      return [...tellRefusals(cell), ...tellTargetWorked(ofTarget), ...tellExitWorked(ofExit)];
    case "other":
      return [];
  }
}

function told(isOwn: boolean, speakFor: readonly string[], speakAgainst: readonly string[]): string[] {
  if (speakFor.length > 0) return [...speakFor];
  return isOwn ? speakAgainst.map((line) => `against that: ${line}`) : [];
}

interface Sighting {
  readonly at: number;
  readonly kin: string;
}

interface Told {
  readonly count: number;
  readonly kins: number;
  /** In which time. */
  readonly words: string;
}

interface Looked {
  readonly failed: Told | null;
  readonly worked: Told | null;
}

const NOBODY: Looked = { failed: null, worked: null };

function look(cells: readonly Cell[], own: Cell | null, viewOf: (cell: Cell) => View, now: number): Looked {
  const failed: Sighting[] = [];
  const worked: Sighting[] = [];
  for (const cell of cells) {
    if (cell === own) continue;
    const { kin } = cell.exit;
    const { okAt, badAt } = viewOf(cell);
    if (badAt > okAt) failed.push({ at: badAt, kin });
    else worked.push({ at: okAt, kin });
  }
  return { failed: inShortest(failed, now), worked: inShortest(worked, now) };
}

/** What happened in the shortest of the times in which anything did. */
function inShortest(sightings: readonly Sighting[], now: number): Told | null {
  for (const { ms, words } of WINDOWS) {
    const lately = sightings.filter(({ at }) => now - at <= ms);
    if (lately.length > 0) return { count: lately.length, kins: new Set(lately.map(({ kin }) => kin)).size, words };
  }
  return null;
}

function tellTargetFailed({ failed }: Looked): string[] {
  return failed === null ? [] : [`the same target failed through ${exits(failed.count)} of ${networks(failed.kins)} ${failed.words}`];
}

function tellTargetWorked({ worked }: Looked): string[] {
  return worked === null ? [] : [`${exits(worked.count)} of ${networks(worked.kins)} reached this target ${worked.words}`];
}

function tellExitFailed({ failed }: Looked): string[] {
  return failed === null ? [] : [`this exit failed for ${targets(failed.count)} ${failed.words}`];
}

function tellBrokenAlike(exit: Track | null, now: number): string[] {
  const share = exit === null ? 0 : brokenAlike(exit, now);
  return share === 0 ? [] : [`of what this exit carried for each of its targets, at least ${Math.round(100 * share)} % failed`];
}

function tellExitWorked({ worked }: Looked): string[] {
  return worked === null ? [] : [`this exit answered for ${targets(worked.count)} ${worked.words}`];
}

function tellRefusals(cell: Cell | null): string[] {
  if (cell === null || cell.refusals === 0) return [];
  return [`this exit and this target failed together ${cell.refusals + 1} times while both did well with others`];
}

/** One other exit that failed too is no news of a whole kin. */
const OTHERS_MIN = 2;

function tellKinFailed(family: Kin | null, own: Track | null, now: number): string[] {
  const lost = family === null ? [] : family.lost.filter(({ exit, at }) => at > family.okAt && exit !== own && now - at <= WINDOWS[1].ms);
  const others = new Set(lost.map(({ exit }) => exit)).size;
  return others < OTHERS_MIN ? [] : [`${exits(others)} of its provider or network failed too, and none did well since`];
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
