/** Keeps one file's times plausible: lines without a time have that of the line before, and a clock that jumps by years is not believed at once. */
export class LogClock {
  /** Lines whose time was not believed. */
  strange = 0;
  #last: number | null = null;
  #other = 0;
  #agreeing = 0;

  /** The time that a line with this one counts at; null: none is known yet. */
  settle(at: number | null): number | null {
    if (at === null) return this.#last;
    if (this.#last === null || Math.abs(at - this.#last) < JUMP_MS_MIN) {
      this.#agreeing = 0;
      return (this.#last = at);
    }
    this.#agreeing = Math.abs(at - this.#other) < JUMP_MS_MIN ? this.#agreeing + 1 : 1;
    this.#other = at;
    if (this.#agreeing >= AGREEING_MIN) {
      this.#agreeing = 0;
      return (this.#last = at);
    }
    this.strange++;
    return this.#last;
  }
}

/** Logs that were kept for a year are read; a clock that says 1970 is not. */
const JUMP_MS_MIN = 400 * 86_400_000;
/** So many lines that agree are believed against the one before them. */
const AGREEING_MIN = 5;
