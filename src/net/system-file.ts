import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../core/clock.ts";

/** How long a file is taken as it was, before its date and size are looked at again. */
const FRESH_MS = 5_000;
/** Lists that block advertisers come as hosts files of some MiB. */
const BYTES_MAX = 16 * 1024 * 1024;

/** A small file of the system (`/etc/hosts`, `/etc/resolv.conf`), parsed, and parsed again when it has changed. Absent counts as empty. */
export class SystemFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  readonly #clock: Pick<Clock, "now">;
  #stamp = "";
  #freshUntil = Number.NEGATIVE_INFINITY;
  #content: Promise<T> | null = null;

  constructor(path: string, parse: (text: string) => T, clock: Pick<Clock, "now">) {
    this.#path = path;
    this.#parse = parse;
    this.#clock = clock;
  }

  /** The same object as long as the file is the same. Never rejects. */
  read(): Promise<T> {
    if (this.#content === null || this.#clock.now() >= this.#freshUntil) {
      this.#freshUntil = this.#clock.now() + FRESH_MS;
      this.#content = this.#load(this.#content);
    }
    return this.#content;
  }

  async #load(before: Promise<T> | null): Promise<T> {
    try {
      const { mtimeMs, size } = await stat(this.#path);
      const stamp = `${mtimeMs} ${size}`;
      if (before !== null && stamp === this.#stamp) return await before;
      this.#stamp = stamp;
      return this.#parse(size > BYTES_MAX ? "" : await readFile(this.#path, "utf8"));
    } catch {
      this.#stamp = "";
      return this.#parse("");
    }
  }
}
