/**
 * Remembers which proxies were seen, in a table of fixed size: a list of a million lines needs no more memory than one of ten. Where it
 * is full, the older ones of its places are forgotten, and would be checked again.
 */
export class Seen {
  /** Two words for each: both halves of its hash. Both 0: free. */
  readonly #hashes = new Uint32Array(2 * SLOTS_MAX);
  readonly #marks = new Uint8Array(SLOTS_MAX);
  readonly #seed: number;

  /** @param seed 32 bits that whoever writes a list cannot know: equal hashes hide a proxy behind another. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Remembers a proxy, and gives what it was marked with before; 0: it was not seen. */
  mark(key: string, mark: number): number {
    const low = hash(key, this.#seed) | 1; // never 0
    const high = hash(key, this.#seed ^ OTHER_SEED) >>> 0;
    const slot = this.#find(low >>> 0, high);
    const isKnown = this.#hashes[2 * slot] === low >>> 0 && this.#hashes[2 * slot + 1] === high;
    const before = isKnown ? (this.#marks[slot] as number) : 0;
    this.#hashes[2 * slot] = low;
    this.#hashes[2 * slot + 1] = high;
    this.#marks[slot] = mark;
    return before;
  }

  /** Where it stands, else where it is put. */
  #find(low: number, high: number): number {
    const first = (high & (SLOTS_MAX / WAYS - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      const there = this.#hashes[2 * slot];
      if (there === 0 || (there === low && this.#hashes[2 * slot + 1] === high)) return slot;
    }
    return first + ((low >>> 1) % WAYS);
  }
}

/** 19 MiB with their marks. */
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
