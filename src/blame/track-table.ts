import { hashText } from "../core/hash-text.ts";
import { HashedRows } from "../core/hashed-rows.ts";
import { Track } from "./tracks.ts";

/** One that was seen within this time is passed over where another may go. Milliseconds. */
const SAMPLE_MS = 1000;
/** Looks for one that may go, before the last that was looked at goes whatever it is. */
const LOOKS = 4;

/**
 * So many exits, or targets, that are remembered, by their keys. In a pool of a million nearly every attempt brings another one. So the one
 * that gives way becomes the one that comes, and no Map finds them, which would leave its old tables behind: what comes and goes as objects,
 * at this age, the collector would copy first and find dead only in a long pause.
 */
export class TrackTable {
  readonly #max: number;
  readonly #places: HashedRows<string> = new HashedRows((place, key) => this.#tracks[place]?.key === key);
  readonly #tracks: Track[] = [];
  /** Which one is looked at next when room is needed. */
  #hand = 0;

  readonly #leave: (track: Track) => void;

  /** @param leave takes the pairs of one that goes out of the table of pairs. */
  constructor(max: number, leave: (track: Track) => void) {
    this.#max = max;
    this.#leave = leave;
  }

  get size(): number {
    return this.#tracks.length;
  }

  get(key: string): Track | undefined {
    return this.#tracks[this.#places.find(hashText(key), key)];
  }

  /** The one with this key. Where there is none it is remembered from now on, and if there is no room another is forgotten for it. */
  open(key: string, kin: string, now: number): Track {
    const hash = hashText(key);
    const known = this.#tracks[this.#places.find(hash, key)];
    if (known !== undefined) return known;
    if (this.#tracks.length < this.#max) return this.#put(this.#tracks.length, new Track(key, kin, hash));
    const place = this.#oldest(now);
    const dropped = this.#tracks[place] as Track;
    this.#places.delete(dropped.hash, place);
    this.#leave(dropped);
    if (dropped.isTold) return this.#put(place, new Track(key, kin, hash));
    dropped.reuse(key, kin, hash);
    return this.#put(place, dropped);
  }

  #put(place: number, track: Track): Track {
    this.#places.add(track.hash, place);
    this.#tracks[place] = track;
    return track;
  }

  delete({ key, hash }: Track): void {
    const place = this.#places.find(hash, key);
    if (place < 0) return;
    this.#places.delete(hash, place);
    const last = this.#tracks.pop() as Track;
    if (last.key === key) return;
    this.#places.delete(last.hash, this.#tracks.length);
    this.#put(place, last);
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
