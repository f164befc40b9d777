import { detach } from "./line-cutter.ts";

/** When each thread of a program told of a failure last: lines of one failure are written at once. */
export class ToldThreads {
  readonly #told = new Map<string, number | null>();

  tell(thread: string | null, at: number | null): void {
    if (thread === null) return;
    if (this.#told.size >= THREADS_MAX) this.#told.clear();
    this.#told.set(detach(thread), at);
  }

  /** It has begun with something else. */
  forget(thread: string): void {
    this.#told.delete(thread);
  }

  /** Whether it has told of one just now; a line without a thread is nobody's. */
  hasTold(thread: string | null, at: number | null): boolean {
    const before = thread === null ? undefined : this.#told.get(thread);
    return before !== undefined && (before === null || at === null || Math.abs(at - before) <= SAME_FAILURE_MS);
  }
}

/** More than a program has at once. */
const THREADS_MAX = 4096;
const SAME_FAILURE_MS = 500;
