import type { PoolExit } from "./pool-exit.ts";

/** When which exit's bench is over: a binary heap, each exit in it at most once. */
export class BenchQueue {
  readonly #members: PoolExit[] = [];
  readonly #ends: number[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Puts an exit in, or moves it. */
  set(member: PoolExit, end: number): void {
    if (member.queuedAt < 0) {
      member.queuedAt = this.#members.push(member) - 1;
      this.#ends.push(end);
    } else {
      this.#ends[member.queuedAt] = end;
    }
    this.#sink(this.#rise(member.queuedAt));
  }

  delete(member: PoolExit): void {
    const at = member.queuedAt;
    if (at < 0) return;
    const last = this.#members.length - 1;
    this.#swap(at, last);
    this.#members.pop();
    this.#ends.pop();
    member.queuedAt = -1;
    if (at < last) this.#sink(this.#rise(at));
  }

  /** Takes out one whose end has come; null: there is none. */
  takeDue(now: number): PoolExit | null {
    const first = this.#members[0];
    if (first === undefined || (this.#ends[0] as number) > now) return null;
    this.delete(first);
    return first;
  }

  #rise(from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#ends[parent] as number) <= (this.#ends[at] as number)) break;
      this.#swap(at, parent);
      at = parent;
    }
    return at;
  }

  #sink(from: number): void {
    let at = from;
    while (true) {
      const child = this.#earlierChild(at);
      if (child < 0 || (this.#ends[at] as number) <= (this.#ends[child] as number)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #earlierChild(at: number): number {
    const left = 2 * at + 1;
    if (left >= this.#ends.length) return -1;
    const right = left + 1;
    return right < this.#ends.length && (this.#ends[right] as number) < (this.#ends[left] as number) ? right : left;
  }

  #swap(a: number, b: number): void {
    if (a === b) return;
    const [memberA, memberB] = [this.#members[a] as PoolExit, this.#members[b] as PoolExit];
    const [endA, endB] = [this.#ends[a] as number, this.#ends[b] as number];
    this.#members[a] = memberB;
    this.#members[b] = memberA;
    this.#ends[a] = endB;
    this.#ends[b] = endA;
    memberB.queuedAt = a;
    memberA.queuedAt = b;
  }
}
