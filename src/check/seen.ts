/**
 * Remembers which proxies were seen, in a table that grows with the list up to a fixed size: a list of a million lines fills it. Where it is
 * full, the older ones of its places are forgotten, and would be checked again.
 */
export class Seen {
  #slots = SLOTS_MIN;
  /** Two words for each: both halves of its hash. Both 0: free. */
  #hashes = new Uint32Array(2 * SLOTS_MIN);
  #marks = new Uint8Array(SLOTS_MIN);
  readonly #seed: number;

  /** @param seed 32 bits that whoever writes a list cannot know: equal hashes hide a proxy behind another. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Remembers a proxy, and gives what it was marked with before; 0: it was not seen. */
  mark(key: string, mark: number): number {
    return this.#mark(key, mark, true);
  }

  /** As `mark`, but what was not seen is not remembered either. */
  remark(key: string, mark: number): number {
    return this.#mark(key, mark, false);
  }

  #mark(key: string, mark: number, isPutIn: boolean): number {
    const low = (hash(key, this.#seed) | 1) >>> 0; // never 0
    const high = hash(key, this.#seed ^ OTHER_SEED) >>> 0;
    const slot = this.#find(low, high);
    const isKnown = this.#hashes[2 * slot] === low && this.#hashes[2 * slot + 1] === high;
    const before = isKnown ? (this.#marks[slot] as number) : 0;
    if (!isKnown && !isPutIn) return before;
    this.#hashes[2 * slot] = low;
    this.#hashes[2 * slot + 1] = high;
    this.#marks[slot] = mark;
    return before;
  }

  /** Where it stands, else where it is put. */
  #find(low: number, high: number): number {
    for (;;) {
      const first = this.#placesOf(high);
      for (let slot = first; slot < first + WAYS; slot++) {
        const there = this.#hashes[2 * slot];
        if (there === 0 || (there === low && this.#hashes[2 * slot + 1] === high)) return slot;
      }
      if (this.#slots === SLOTS_MAX) return first + ((low >>> 1) % WAYS);
      this.#grow();
    }
  }

  /** The first of the places that one may stand in. */
  #placesOf(high: number): number {
    return (high & (this.#slots / WAYS - 1)) * WAYS;
  }

  /** To twice the size: those that shared their places go to the old ones or to as many new ones, so that all of them have room. */
  #grow(): void {
    const hashes = this.#hashes;
    const marks = this.#marks;
    this.#slots *= 2;
    const moved = new Uint32Array(2 * this.#slots);
    const movedMarks = new Uint8Array(this.#slots);
    for (let from = 0; from < marks.length; from++) {
      const low = hashes[2 * from] as number;
      if (low === 0) continue;
      const high = hashes[2 * from + 1] as number;
      let to = this.#placesOf(high);
      while (moved[2 * to] !== 0) to++;
      moved[2 * to] = low;
      moved[2 * to + 1] = high;
      movedMarks[to] = marks[from] as number;
    }
    this.#hashes = moved;
    this.#marks = movedMarks;
  }
}

const SLOTS_MIN = 2 ** 12;
/** 18 MiB with their marks. */
const SLOTS_MAX = 2 ** 21;
/** Places that one proxy may stand in. */
const WAYS = 8;
const OTHER_SEED = 0x9e3779b9;

/** MurmurHash3's mixing, by character. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0xcc9e2d51);
    value = (value << 15) | (value >>> 17);
  }
  value ^= text.length;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
