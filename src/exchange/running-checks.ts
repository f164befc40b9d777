import type { OwnLack } from "./own-lack.ts";

/** So long a check counts though its exit has said nothing yet. Milliseconds. */
const PATIENCE_MS = 250;
/** Checks under way, silent ones included, for each one that may run at once. */
const SILENT_TIMES = 8;
/** Checks that take their time beside all others. */
const PACED_MAX = 1024;
/** Checks of exits that are gone which may run on beside all others. */
const LEFT_MAX = 4096;

interface Check {
  /** From one of its requests to the next, by its exit's own rate: where that is long it has a place for the first moment alone. Milliseconds. */
  readonly spacingMs: number;
  /** Never throws; calls what it is given once its exit has answered anything. */
  readonly run: (onMet: () => void) => Promise<void>;
  readonly onEnd: () => void;
}

/**
 * The checks that run. One whose exit has been silent for a while costs no more than its connection and leaves its place to others: in many a
 * list nearly all are silent, and the few good ones are to be found soon.
 */
export class RunningChecks {
  /** By their exits. */
  readonly #running = new Map<string, Running>();
  /** Those of exits that are gone. */
  readonly #left = new Set<Running>();
  readonly #lack: Pick<OwnLack, "room">;
  readonly #onRoom: () => void;
  #counted = 0;
  #paced = 0;

  /** @param onRoom called when one leaves its place, or ends. */
  constructor(lack: Pick<OwnLack, "room">, onRoom: () => void) {
    this.#lack = lack;
    this.#onRoom = onRoom;
  }

  /** Silent ones included. */
  get size(): number {
    return this.#running.size;
  }

  /** Those of exits that are gone included, too. */
  get total(): number {
    return this.#running.size + this.#left.size;
  }

  has(exit: string): boolean {
    return this.#running.has(exit);
  }

  hasRoom(concurrent: number): boolean {
    if (this.#counted >= concurrent || this.#paced >= PACED_MAX || this.total >= this.#lack.room) return false;
    return this.#running.size - this.#paced < SILENT_TIMES * concurrent;
  }

  start(exit: string, { spacingMs, run, onEnd }: Check): void {
    const isPaced = spacingMs >= PATIENCE_MS;
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
      if (isPaced) return;
      clearTimeout(timer);
      count(true);
    };
    const end = run(onMet).finally(() => {
      onEnd();
      if (!this.#left.delete(running)) this.#remove(exit, running);
      leave();
    });
    const running: Running = { isPaced, end };
    this.#running.set(exit, running);
    if (isPaced) this.#paced++;
  }

  /** Checks of exits that are gone do not keep others from theirs. */
  leaveOut(isGone: (exit: string) => boolean): void {
    for (const [exit, running] of this.#running) {
      if (this.#left.size >= LEFT_MAX) return;
      if (!isGone(exit)) continue;
      this.#remove(exit, running);
      this.#left.add(running);
    }
  }

  async whenEnded(): Promise<void> {
    await Promise.all([...this.#running.values(), ...this.#left].map(({ end }) => end));
  }

  #remove(exit: string, { isPaced }: Running): void {
    this.#running.delete(exit);
    if (isPaced) this.#paced--;
  }
}

interface Running {
  readonly isPaced: boolean;
  readonly end: Promise<void>;
}
