/** So long a check counts though its exit has said nothing yet. Milliseconds. */
const PATIENCE_MS = 250;
/** Checks under way, silent ones included, for each one that may run at once. */
const SILENT_TIMES = 8;

interface Check {
  /** Never throws; calls what it is given once its exit has answered anything. */
  readonly run: (onMet: () => void) => Promise<void>;
  readonly onEnd: () => void;
}

/**
 * The checks that run. One whose exit has been silent for a while costs no more than its connection and leaves its place to others: in many a
 * list nearly all are silent, and the few good ones are to be found soon.
 */
export class RunningChecks {
  readonly #ends = new Map<string, Promise<void>>();
  readonly #onRoom: () => void;
  #counted = 0;

  /** @param onRoom called when one leaves its place, or ends. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  /** Silent ones included. */
  get size(): number {
    return this.#ends.size;
  }

  has(exit: string): boolean {
    return this.#ends.has(exit);
  }

  hasRoom(concurrent: number): boolean {
    return this.#counted < concurrent && this.#ends.size < SILENT_TIMES * concurrent;
  }

  start(exit: string, { run, onEnd }: Check): void {
    let isCounted = false;
    const count = (isNow: boolean): void => {
      if (isNow !== isCounted) this.#counted += isNow ? 1 : -1;
      isCounted = isNow;
    };
    const leave = (): void => {
      clearTimeout(timer);
      count(false);
      this.#onRoom();
    };
    const timer = setTimeout(leave, PATIENCE_MS);
    timer.unref();
    count(true);
    const onMet = (): void => {
      clearTimeout(timer);
      count(true);
    };
    const end = run(onMet).finally(() => {
      onEnd();
      this.#ends.delete(exit);
      leave();
    });
    this.#ends.set(exit, end);
  }

  async whenEnded(): Promise<void> {
    await Promise.all(this.#ends.values());
  }
}
