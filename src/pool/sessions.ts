/** A client key held to one exit. */
export interface Session {
  readonly exit: string;
  readonly until: number;
}

/** Bounds the memory that client-chosen keys can take, for soft and for hard sessions each. */
const SESSIONS_MAX = 100_000;

/** Sessions of one kind. The duration counts from the first use, as vendors have it. */
export class Sessions {
  /** Oldest first. */
  readonly #held = new Map<string, Session>();
  readonly #max: number;

  constructor(max: number = SESSIONS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The exit that a key is held to; null where it never was, or no longer is. */
  exitOf(key: string, now: number): string | null {
    const session = this.#held.get(key);
    if (session === undefined) return null;
    if (session.until > now) return session.exit;
    this.#held.delete(key);
    return null;
  }

  /** Holds a key to an exit; one that is held already moves, and keeps its end. */
  hold(key: string, exit: string, until: number): void {
    const session = this.#held.get(key);
    this.#held.set(key, { exit, until: session?.until ?? until });
  }

  /** True where another key may be held: there is room, or the oldest has passed its end, or `mayDropOldest`. */
  makeRoom(now: number, mayDropOldest: boolean): boolean {
    if (this.#held.size < this.#max) return true;
    const [oldest] = this.#held;
    if (oldest === undefined || (!mayDropOldest && oldest[1].until > now)) return false;
    this.#held.delete(oldest[0]);
    return true;
  }
}
