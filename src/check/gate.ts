/**
 * Turns of the event loop that pass from one beginning to the next. Most of it is left to others: to the clients of a gateway, which is to serve from its
 * first good exits while thousands of others are looked at closely; and to the rest of a list, in which some may be silent for as long as they may.
 */
const TURNS = 4;

/** More than these that wait will wait for a while. */
const BUSY_MIN = 16;
/** More than these that wait are a crowd. */
const WAITING_MAX = 1152;

/**
 * Of the proxies of this machine that have begun lately and are not done. They share its cores with whoever checks them: more of them only wait for
 * each other, and what waits outlives one collection of garbage after the other.
 */
const FRESH_MAX = 24;
/** Who has been at it for so long waits for somebody far away. Milliseconds. */
const FRESH_MS = 150;

/**
 * Lets work begin at the pace at which this process keeps up: where a turn of its event loop takes long, fewer begin in a second. Proxies are
 * measured by many short requests, and thousands of those at once would make each look slow, or dead.
 */
export class Gate {
  readonly #waiting: Waiting[] = [];
  /** Until the next may begin; 0: it may. */
  #turnsLeft = 0;
  #fresh = 0;

  /** Whoever comes now had better hold nothing that others do not keep for long. */
  get isBusy(): boolean {
    return this.#waiting.length >= BUSY_MIN;
  }

  /** Whoever comes now only waits, and takes memory meanwhile. */
  get isCrowded(): boolean {
    return this.#waiting.length >= WAITING_MAX;
  }

  /**
   * Resolves once the work may begin, with what is to be called when it is done.
   *
   * @param isHere of a proxy on this machine
   */
  pass(isHere: boolean): Promise<() => void> {
    return new Promise((begin) => {
      this.#waiting.push({ begin, isHere });
      this.#open();
    });
  }

  #open(): void {
    if (this.#turnsLeft > 0) return;
    const isFull = this.#fresh >= FRESH_MAX;
    const at = isFull ? this.#waiting.findIndex(({ isHere }) => !isHere) : 0;
    const next = this.#waiting[at];
    if (next === undefined) return;
    this.#waiting.splice(at, 1);
    this.#turnsLeft = TURNS;
    setImmediate(this.#turn);
    next.begin(next.isHere ? this.#enter() : doNothing);
  }

  #enter(): () => void {
    this.#fresh++;
    let isFresh = true;
    const leave = (): void => {
      if (!isFresh) return;
      isFresh = false;
      clearTimeout(timer);
      this.#fresh--;
      this.#open();
    };
    const timer = setTimeout(leave, FRESH_MS);
    return leave;
  }

  readonly #turn = (): void => {
    this.#turnsLeft--;
    if (this.#turnsLeft > 0) setImmediate(this.#turn);
    else this.#open();
  };
}

interface Waiting {
  readonly begin: (leave: () => void) => void;
  readonly isHere: boolean;
}

function doNothing(): void {}
