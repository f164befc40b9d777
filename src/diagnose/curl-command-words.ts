import { BadCommand } from "./curl-command-problem.ts";

/** Variables, by their names. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The words of a command as a shell passes them on: quotes, `$'…'`, lines that go on after a `\` (or, from Windows, a `^`). Ends at a `|`, `;` or
 * `&`; redirections are left out. Nothing is run: `$(…)` is refused.
 *
 * @throws BadCommand
 */
export function shellWords(text: string, variables: Variables): readonly string[] {
  return OF_WINDOWS.test(text) ? new WindowsReader(text).words() : new ShellReader(text, variables).words();
}

/** As browsers copy for `cmd`: each special character behind a `^`. */
const OF_WINDOWS = /\^\r?\n|\^"/;

class ShellReader {
  readonly #text: string;
  readonly #variables: Variables;
  readonly #words: string[] = [];
  #at = 0;
  #word: string | null = null;
  /** The next word is where output goes. */
  #isRedirected = false;

  constructor(text: string, variables: Variables) {
    this.#text = text;
    this.#variables = variables;
  }

  words(): string[] {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string;
      if (/[|;&]/.test(char)) break;
      const goesOn = LINE_GOES_ON.exec(this.#text.slice(this.#at, this.#at + 3));
      if (goesOn !== null) this.#at += goesOn[0].length - 1;
      else if (/\s/.test(char)) this.#endWord();
      else if (char === "#" && this.#word === null) this.#skipTo("\n");
      else if (char === "<" || char === ">") this.#redirect();
      else {
        this.#word = `${this.#word ?? ""}${this.#read(char)}`;
        continue;
      }
      this.#at++;
    }
    this.#endWord();
    return this.#words;
  }

  #endWord(): void {
    if (this.#word !== null && !this.#isRedirected) this.#words.push(this.#word);
    if (this.#word !== null) this.#isRedirected = false;
    this.#word = null;
  }

  /** `> file`, `2>&1`, `>> log`. */
  #redirect(): void {
    if (/^\d$/.test(this.#word ?? "")) this.#word = null;
    this.#endWord();
    const [found] = /^[<>]{1,3}&?/.exec(this.#text.slice(this.#at)) as RegExpExecArray;
    this.#at += found.length - 1;
    this.#isRedirected = true;
  }

  /** One piece of a word, past which it goes. */
  #read(char: string): string {
    if (char === "'") return this.#upTo("'", this.#at + 1);
    if (char === '"') return this.#inDoubleQuotes();
    if (char === "\\") return this.#escaped();
    if (char === "`") throw new BadCommand("what stands between ` ` would be run: put in what it gives");
    if (char === "$") return this.#dollar(true);
    this.#at++;
    return char;
  }

  #upTo(end: string, from: number): string {
    const to = this.#text.indexOf(end, from);
    if (to === -1) throw new BadCommand(`a ${end} is never closed`);
    this.#at = to + 1;
    return this.#text.slice(from, to);
  }

  #skipTo(end: string): void {
    const to = this.#text.indexOf(end, this.#at);
    this.#at = to === -1 ? this.#text.length : to;
  }

  /** A line that goes on, or the character itself. */
  #escaped(): string {
    const line = LINE_GOES_ON.exec(this.#text.slice(this.#at, this.#at + 3));
    if (line !== null) {
      this.#at += line[0].length;
      return "";
    }
    this.#at += 2;
    return this.#text[this.#at - 1] ?? "";
  }

  #inDoubleQuotes(): string {
    let inside = "";
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new BadCommand('a " is never closed');
      if (char === '"') break;
      if (char === "\\" && /[$`"\\\r\n]/.test(this.#text[this.#at + 1] ?? "")) inside += this.#escaped();
      else if (char === "$") inside += this.#dollar(false);
      else if (char === "`") throw new BadCommand("what stands between ` ` would be run: put in what it gives");
      else {
        inside += char;
        this.#at++;
      }
    }
    this.#at++;
    return inside;
  }

  #dollar(isBare: boolean): string {
    const rest = this.#text.slice(this.#at, this.#at + NAME_CHARS_MAX);
    if (isBare && rest.startsWith("$'")) return this.#inAnsiQuotes();
    if (isBare && rest.startsWith('$"')) {
      this.#at++;
      return this.#inDoubleQuotes();
    }
    if (rest.startsWith("$(")) throw new BadCommand("what stands in $( ) would be run: put in what it gives");
    const [found, braced, plain] = /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))/.exec(rest) ?? [];
    if (found === undefined) {
      this.#at++;
      return "$";
    }
    const name = (braced ?? plain) as string;
    const value = this.#variables[name];
    if (value === undefined) throw new BadCommand(`$${name} is not set here: put its value in, or export it`);
    this.#at += found.length;
    return value;
  }

  #inAnsiQuotes(): string {
    const found = /^\$'((?:[^'\\]|\\[\s\S])*)'/.exec(this.#text.slice(this.#at));
    if (found === null) throw new BadCommand("a $' is never closed");
    this.#at += found[0].length;
    return (found[1] as string).replace(ANSI_ESCAPE, (_, hex, octal, char) => {
      if (hex !== undefined) return codePoint(Number.parseInt(hex.replace(/^[uUx]/, ""), 16));
      if (octal !== undefined) return codePoint(Number.parseInt(octal, 8));
      return ANSI_CHARACTERS[char as string] ?? char;
    });
  }
}

const LINE_GOES_ON = /^\\\r?\n/;
const NAME_CHARS_MAX = 256;
const ANSI_ESCAPE = /\\(?:(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8})|([0-7]{1,3})|([\s\S]))/g;
const ANSI_CHARACTERS: Readonly<Record<string, string>> = {
  ...{ n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", e: "\x1b", E: "\x1b", f: "\f", v: "\v" },
};

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new BadCommand("a $' ' holds a character that there is not");
  return String.fromCodePoint(code);
}

class WindowsReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** First what `cmd` does, then how programs there split their line. */
  words(): string[] {
    const line = this.#text.replace(/\^(\r?\n)(\r?\n)|\^\r?\n|\^([\s\S])/g, (_, _first, newline, char) => newline ?? char ?? " ");
    const words = line.matchAll(/(?:[^\s"\\]|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S])+/g);
    return [...words].map(([word]) => word.replace(/\\(["\\])|"/g, (_, char) => char ?? ""));
  }
}
