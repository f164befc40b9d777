import { Track } from "./tracks.ts";

/** One that was seen within this time is passed over where another may go. Milliseconds. */
const SAMPLE_MS = 1000;
/** Looks for one that may go, before the last that was looked at goes whatever it is. */
const LOOKS = 4;

/**
 * So many exits, or targets, that are remembered, by their keys. The map holds numbers alone: a map that holds what comes and goes leaves its
 * old tables behind, and each keeps all that it held alive until the collector's next long pause.
 */
export class TrackTable {
  readonly #max: number;
  readonly #places = new Map<string, number>();
  readonly #tracks: Track[] = [];
  /** Which one is looked at next when room is needed. */
  #hand = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#tracks.length;
  }

  get(key: string): Track | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#tracks[place];
  }

  /** Remembers another one; the one that had to give way for it. */
  open(key: string, kin: string, now: number): { readonly track: Track; readonly dropped: Track | null } {
    const track = new Track(key, kin);
    const isFull = this.#tracks.length >= this.#max;
    const place = isFull ? this.#oldest(now) : this.#tracks.length;
    const dropped = isFull ? (this.#tracks[place] as Track) : null;
    if (dropped !== null) this.#places.delete(dropped.key);
    this.#places.set(key, place);
    this.#tracks[place] = track;
    return { track, dropped };
  }

  delete(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#tracks.pop() as Track;
    if (last.key === key) return;
    this.#tracks[place] = last;
    this.#places.set(last.key, place);
  }

  /** The place of one that was not seen for long, as far as a few looks in turn find it. */
  #oldest(now: number): number {
    for (let look = 0; ; look++) {
      const place = this.#hand % this.#tracks.length;
      this.#hand = place + 1;
      if (look === LOOKS || now - (this.#tracks[place] as Track).seenAt >= SAMPLE_MS) return place;
    }
  }
}
