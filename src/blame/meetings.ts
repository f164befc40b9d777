import { TrackTable } from "./track-table.ts";
import { Cell, Kin, type Track } from "./tracks.ts";

/** Exits and targets that are remembered; of more, those not seen for longest go first. */
const EXITS_MAX = 4096;
const TARGETS_MAX = 4096;
const KINS_MAX = 4096;
/** Pairs kept of one exit, and of one target. */
const TARGETS_OF_EXIT_MAX = 16;
const EXITS_OF_TARGET_MAX = 64;
/** Pairs kept for use again. */
const SPARE_MAX = 1024;
/** A pair takes the place of another only where that is at least so old. Milliseconds. */
const SAMPLE_MS = 1000;
/** Looks for a pair that may go, before the last that was looked at goes whatever it is. */
const LOOKS = 4;

/** Which exits met which targets lately: a sparse table, bounded in every direction. */
export class Meetings {
  readonly exits: TrackTable = new TrackTable(EXITS_MAX, (track) => this.#leave(track));
  readonly targets: TrackTable = new TrackTable(TARGETS_MAX, (track) => this.#leave(track));
  readonly kins: Map<string, Kin> = new Map();
  /** Cells that are in no list, for pairs to come. */
  readonly #spare: Cell[] = [];

  find(exit: Track | undefined, target: string): Cell | null {
    if (exit === undefined) return null;
    for (const cell of exit.cells) if (cell.target.key === target) return cell;
    return null;
  }

  exit(key: string, kin: string, now: number): Track {
    const track = this.exits.open(key, kin, now);
    if (track.family === null || track.family.isForgotten || track.kin !== kin) {
      track.kin = kin;
      track.family = this.#kin(kin, now);
    }
    track.seenAt = now;
    return track;
  }

  #kin(name: string, now: number): Kin {
    const known = this.kins.get(name);
    if (known !== undefined) return known;
    if (this.kins.size >= KINS_MAX) this.#forgetKin(now);
    const kin = new Kin();
    this.kins.set(name, kin);
    return kin;
  }

  /** One that did not do well for long, as far as a few looks find it: those that did go to the end of the line. */
  #forgetKin(now: number): void {
    let look = 0;
    for (const [name, kin] of this.kins) {
      this.kins.delete(name);
      if (look++ === LOOKS || now - kin.okAt >= SAMPLE_MS) {
        kin.isForgotten = true;
        return;
      }
      this.kins.set(name, kin);
    }
  }

  target(key: string, now: number): Track {
    const track = this.targets.open(key, "", now);
    track.seenAt = now;
    return track;
  }

  /**
   * A place for a pair that is not in the table; null where all others are fresh, which tells enough. Success or failure makes no
   * difference here: else the table would show more failures than there are.
   */
  join(exit: Track, target: Track, now: number): Cell | null {
    const old = exit.cells.length >= TARGETS_OF_EXIT_MAX ? nextByTurns(exit) : null;
    if (old !== null && isFresh(old, now)) return null;
    const older = target.cells.length >= EXITS_OF_TARGET_MAX ? nextByTurns(target) : null;
    if (older !== null && isFresh(older, now)) return null;
    if (old !== null) this.#unlink(old);
    if (older !== null && older !== old) this.#unlink(older);
    const spare = this.#spare.pop();
    spare?.reuse(exit, target);
    const cell = spare ?? new Cell(exit, target);
    cell.exitPlace = exit.cells.push(cell) - 1;
    cell.targetPlace = target.cells.push(cell) - 1;
    return cell;
  }

  forget(track: Track): void {
    this.#leave(track);
    this.exits.delete(track);
  }

  #leave(track: Track): void {
    while (track.cells.length > 0) this.#unlink(track.cells.at(-1) as Cell);
  }

  #unlink(cell: Cell): void {
    unlink(cell);
    if (this.#spare.length < SPARE_MAX) this.#spare.push(cell);
  }
}

/** A pair that has shown itself to be one is passed over where another stands near. */
function nextByTurns(track: Track): Cell {
  const { cells } = track;
  for (let look = 0; look < LOOKS; look++) {
    track.hand = (track.hand + 1) % cells.length;
    const cell = cells[track.hand] as Cell;
    if (cell.refusals === 0) return cell;
  }
  return cells[track.hand] as Cell;
}

function isFresh({ asExit, asTarget }: Cell, now: number): boolean {
  return now - Math.max(asExit.okAt, asExit.badAt, asTarget.okAt, asTarget.badAt) < SAMPLE_MS;
}

/** Takes a cell out of both lists; the last of each list takes its place. */
function unlink(cell: Cell): void {
  const ofExit = cell.exit.cells;
  const lastOfExit = ofExit.pop() as Cell;
  if (lastOfExit !== cell) {
    ofExit[cell.exitPlace] = lastOfExit;
    lastOfExit.exitPlace = cell.exitPlace;
  }
  const ofTarget = cell.target.cells;
  const lastOfTarget = ofTarget.pop() as Cell;
  if (lastOfTarget !== cell) {
    ofTarget[cell.targetPlace] = lastOfTarget;
    lastOfTarget.targetPlace = cell.targetPlace;
  }
}
