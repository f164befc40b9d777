/** A client key held to one exit. */
export interface Session {
  readonly exit: string;
  readonly until: number;
  /** It was rotated: the exit is the one that it is to leave. */
  readonly isLeaving: boolean;
  /** How often it has moved: what tells a vendor's old session from its next one. */
  readonly turn: number;
}

/** Bounds the memory that client-chosen keys can take, for soft and for hard sessions each. */
const SESSIONS_MAX = 100_000;

/** Sessions that are looked at for one that has passed its end. */
const LOOKS_MAX = 8;

/** Kept for its turn: a session that begins anew must not find a vendor's session of before. */
const ENDED = Number.NEGATIVE_INFINITY;

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
    if (session.until > now) return session.isLeaving ? null : session.exit;
    if (session.until !== ENDED) this.#held.set(key, { ...session, until: ENDED, isLeaving: false });
    return null;
  }

  /** The exit that a rotated key was held to; null where it was not rotated since. */
  leftBy(key: string): string | null {
    const session = this.#held.get(key);
    return session?.isLeaving === true ? session.exit : null;
  }

  /** Lets go of all keys that begin so; how many held an exit. */
  rotate(prefix: string, now: number): number {
    let count = 0;
    for (const [key, session] of this.#held) {
      if (session.isLeaving || session.until <= now || !key.startsWith(prefix)) continue;
      this.#held.set(key, { ...session, isLeaving: true });
      count++;
    }
    return count;
  }

  /** Holds a key to an exit; one that is held already moves, and keeps its end. */
  hold(key: string, exit: string, until: number): void {
    const session = this.#held.get(key);
    const end = session === undefined || session.isLeaving || session.until === ENDED ? until : session.until;
    if (session?.until === ENDED) this.#held.delete(key); // it is the newest now
    this.#held.set(key, { exit, until: end, isLeaving: false, turn: session === undefined ? 0 : session.turn + 1 });
  }

  /** Where one exit stands for many, a key stays with it and moves to another one of the many. */
  renew(key: string): void {
    const session = this.#held.get(key);
    if (session !== undefined) this.#held.set(key, { ...session, turn: session.turn + 1 });
  }

  turnOf(key: string): number {
    return this.#held.get(key)?.turn ?? 0;
  }

  /** Another key may be held only where one gives way. */
  isFullFor(key: string): boolean {
    return this.#held.size >= this.#max && !this.#held.has(key);
  }

  /** True where a key may be held: there is room, or the oldest gives way, or, not `mayDropOldest`, one of the oldest few that has passed its end. */
  makeRoom(key: string, now: number, mayDropOldest: boolean): boolean {
    if (!this.isFullFor(key)) return true;
    let looks = 0;
    for (const [other, session] of this.#held) {
      this.#held.delete(other);
      if (mayDropOldest || session.until <= now) return true;
      this.#held.set(other, session); // to the end: next time those behind it are looked at
      if (++looks === LOOKS_MAX) break;
    }
    return false;
  }
}
