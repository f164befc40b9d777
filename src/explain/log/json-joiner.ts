/**
 * Joins objects that stand over many lines, as `gcloud`, `jq`, consoles of clouds and `journalctl -o json-pretty` print them, into one line
 * each. All other lines are passed on as they come, and so is what turns out to be no object, or has no end.
 */
export class JsonJoiner {
  readonly #take: (text: string, number: number) => void;
  #held: string[] = [];
  #first = 0;
  #chars = 0;
  /** Whitespace in front of the object: the line that ends it has the same. */
  #indent = "";

  /** @param take is given a line and its number, that of its first for an object. */
  constructor(take: (text: string, number: number) => void) {
    this.#take = take;
  }

  push(text: string, number: number): void {
    if (this.#held.length > 0) this.#hold(text);
    else if (text.charCodeAt(text.length - 1) === OPEN && OBJECT_OPENS.test(text)) this.#begin(text, number);
    // Of the list that they are in.
    else this.#take(text === "[" || text === "]" ? "" : text, number);
  }

  /** What is held has no end. */
  end(): void {
    const held = this.#held;
    this.#held = [];
    held.forEach((text, index) => {
      this.#take(text, this.#first + index);
    });
  }

  #begin(text: string, number: number): void {
    this.#indent = text.slice(0, text.search(/\S/));
    this.#held = [text];
    this.#first = number;
    this.#chars = text.length;
  }

  #hold(text: string): void {
    this.#held.push(text);
    this.#chars += text.length;
    if (this.#chars > OBJECT_CHARS_MAX || this.#held.length > OBJECT_LINES_MAX) this.end();
    else if (text.startsWith(this.#indent) && OBJECT_ENDS.test(text.slice(this.#indent.length))) this.#close();
  }

  #close(): void {
    const joined = this.#held.map((text) => text.trim()).join("");
    const whole = joined.slice(joined.indexOf("{"), joined.lastIndexOf("}") + 1);
    if (!isJson(whole)) {
      this.end();
      return;
    }
    this.#held = [];
    this.#take(whole, this.#first);
  }
}

const OPEN = 0x7b;
const OBJECT_OPENS = /^\s*\[?\s*\{$/;
const OBJECT_ENDS = /^\}\s*[,\]]?\s*$/;
const OBJECT_CHARS_MAX = 64 * 1024;
const OBJECT_LINES_MAX = 2000;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
