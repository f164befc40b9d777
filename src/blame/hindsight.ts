import { compare, type Ends, type Seen, type Shares } from "./shares.ts";
import type { Track } from "./tracks.ts";

/** Failures that wait for their second look; of more, the first is all. */
const WAITING_MAX = 32;
/** What others see in this time may change what a failure is taken for. Milliseconds. */
const LOOK_MS = 1000;

/** A failure, and what it says of the habits of its ends. */
export interface Lasting extends Seen {
  readonly ends: Omit<Ends, "cell"> & { readonly exit: Track; readonly target: Track };
  /** Whose it was by what was known at once. */
  readonly shares: Shares;
  /** How much it tells of the exit's habits, and of the target's; null: nothing. */
  readonly news: number;
  readonly newsOfTarget: number | null;
  readonly at: number;
}

/**
 * What a failure says of its ends in the long run is settled a little later, when it is known what others saw meanwhile: else the first
 * failures of an outage would be laid to exits for minutes. All that wait are looked at together, so that their order makes no difference.
 */
export class Hindsight {
  readonly #waiting: Lasting[] = [];
  #dueAt: number = Number.POSITIVE_INFINITY;

  add(lasting: Lasting): void {
    if (lasting.sides.proved !== null || this.#waiting.length >= WAITING_MAX) {
      settle(lasting, lasting.shares);
      return;
    }
    const { exit, target } = lasting.ends;
    exit.isTold = true;
    target.isTold = true;
    if (this.#waiting.length === 0) this.#dueAt = lasting.at + LOOK_MS;
    this.#waiting.push(lasting);
  }

  /** Time goes by. What is due is looked at as of then: to be called before anything else that happened since is recorded. */
  pass(now: number): void {
    if (now >= this.#dueAt) this.#look(this.#dueAt);
  }

  #look(now: number): void {
    const later = this.#waiting.map((lasting) => compare(lasting, { ...lasting.ends, cell: cellOf(lasting.ends) }, now));
    for (const [place, lasting] of this.#waiting.entries()) settle(lasting, later[place] as Shares);
    this.#waiting.length = 0;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}

/** Found anew: the one of then may be another pair's by now. */
function cellOf({ exit, target }: Lasting["ends"]): Ends["cell"] {
  return exit.cells.find((cell) => cell.target === target) ?? null;
}

function settle({ ends: { exit, target }, manner, news, newsOfTarget, at }: Lasting, shares: Shares): void {
  exit.habit.fail(shares.exit * news, manner, at);
  if (newsOfTarget !== null) target.habit.fail(shares.target * newsOfTarget * (1 - shares.outage), manner, at);
}
