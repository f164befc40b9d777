/** The first words of a protocol, as they went out before there was anybody who speaks it: whoever begins with them writes nothing. */
export class WordsAhead {
  /** When they went out, on the clock: from here on their answer is waited for. */
  readonly at: number;
  readonly #words: string;

  /** @param words latin1 */
  constructor(words: string, at: number) {
    this.#words = words;
    this.at = at;
  }

  /** True. @throws TypeError: a bug, it begins with other words */
  areSaidBy(data: Buffer | string): boolean {
    const text = typeof data === "string" ? data : data.toString("latin1");
    if (text !== this.#words) throw new TypeError("the first words on a connection are not those that went out ahead");
    return true;
  }
}
