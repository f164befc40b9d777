/** Beginnings of texts that a pattern matches, and what may come again and again behind them. */
export interface HostileText {
  readonly start: string;
  readonly again: string;
}

/** A character, a class or a group, and how often it may come. */
interface Item {
  readonly source: string;
  readonly inner: Alternatives | null;
  min: number;
  max: number;
}

type Alternatives = Item[][];

/** A part of a text that matches: one that is always the same, or one of which there may be any number. */
interface Part {
  readonly texts: readonly string[];
  readonly isLoop: boolean;
}

/**
 * Texts that a pattern nearly matches at very many places, or in very many ways: each of its parts, and each few of them that follow each
 * other, repeated behind each of its beginnings.
 */
export function* hostileTexts(pattern: RegExp): Generator<HostileText> {
  const seen = new Set<string>();
  const alternatives = new PatternReader(pattern.source).read();
  // Begun at one place alone, it has to have two loops at least to be slow.
  const loopsMin = pattern.source.startsWith("^") && alternatives.length === 1 && !pattern.multiline ? 2 : 1;
  for (const path of pathsOf(alternatives, pattern.flags.replace(/[gy]/g, ""))) {
    const parts = mergeFixed(path);
    if (parts.filter(({ isLoop }) => isLoop).length < loopsMin) continue;
    for (const [first] of parts.entries()) {
      for (const again of repeatable(parts, first)) {
        for (const start of beginnings(parts, first)) {
          const key = `${start}\0${again}`;
          if (!seen.has(key)) yield { start, again };
          seen.add(key);
        }
      }
    }
  }
}

/** A loop of fewer rounds is not worth a look. */
const LOOP_MIN = 30;
const TOGETHER_MAX = 3;
/** Of so many parts not every character that each may be is tried. */
const PARTS_MANY = 8;

function beginnings(parts: readonly Part[], first: number): Set<string> {
  const upTo = (count: number) => firstTexts(parts.slice(0, count));
  return new Set(["", ...[0, 1, 2].map((ahead) => upTo(first + ahead)), upTo(parts.length)]);
}

function repeatable(parts: readonly Part[], first: number): Set<string> {
  const next = parts[first + 1]?.texts[0] ?? "";
  const { texts } = parts[first] as Part;
  const alone = texts.slice(0, parts.length > PARTS_MANY ? 2 : texts.length).flatMap((text) => [text, text + next]);
  const together = Array.from({ length: TOGETHER_MAX }, (_, more) => firstTexts(parts.slice(first, first + more + 1)));
  const all = [...alone, ...together, firstTexts(parts.slice(first))];
  return new Set([...all, ...all.filter((text) => /\w$/.test(text)).map((text) => `${text} `)].filter((text) => text !== ""));
}

function firstTexts(parts: readonly Part[]): string {
  return parts.map(({ texts }) => texts[0]).join("");
}

function mergeFixed(path: readonly Part[]): Part[] {
  const merged: Part[] = [];
  for (const part of path) {
    const last = merged.at(-1);
    if (last === undefined || last.isLoop || part.isLoop) merged.push(part);
    else merged[merged.length - 1] = { texts: [`${last.texts[0]}${part.texts[0]}`], isLoop: false };
  }
  return merged;
}

/** Ways through a pattern: each alternative once, with the first of all others. */
function pathsOf(alternatives: Alternatives, flags: string): Part[][] {
  return alternatives.flatMap((items) => {
    const choices = items.map((item) => choicesOf(item, flags));
    const usual = choices.map(([first]) => first as Part[]);
    const others = choices.flatMap(([, ...rest], at) => rest.map((choice) => usual.with(at, choice).flat()));
    return [usual.flat(), ...others];
  });
}

function choicesOf({ source, inner, min, max }: Item, flags: string): Part[][] {
  const isLoop = max > LOOP_MIN;
  const times = Math.min(Math.max(min, 1), 20);
  if (inner !== null) {
    const border: Part = { texts: [""], isLoop: true };
    const once = pathsOf(inner, flags).map((path) => Array.from({ length: Math.min(times, 4) }, () => path).flat());
    const all = isLoop ? once.map((path) => [border, ...path, border]) : once;
    return min === 0 ? [...all, []] : all;
  }
  const texts = charactersOf(source, flags).map((character) => character.repeat(times));
  const one: Part[] = [{ texts: isLoop ? texts : texts.slice(0, 1), isLoop }];
  return min === 0 && !isLoop ? [one, []] : [one];
}

/** Some that a class takes, of those that stand between words above all. */
function charactersOf(source: string, flags: string): string[] {
  if (source.length === 1 && source !== ".") return [source];
  const pattern = new RegExp(`^(?:${source})$`, flags);
  const taken = [...CHARACTERS].filter((character) => pattern.test(character));
  if (taken.length === 0) return [firstTaken(pattern)];
  return [...new Set([...taken.slice(0, 3), ...taken.filter((character) => '.-:"\\'.includes(character)).slice(0, 3)])];
}

function firstTaken(pattern: RegExp): string {
  let code = 0;
  while (code < CODE_MAX && !pattern.test(String.fromCharCode(code))) code++;
  return String.fromCharCode(code);
}

const CODE_MAX = 0xffff;
const CHARACTERS = "a 0.-_/:\"'<>\n\t\\A=;,@[](){}%#&?!|~Zz9f\u0001\u00e9";

/** Reads as much of a pattern's syntax as tells what it matches; what looks ahead or behind is left out. */
class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Alternatives {
    const alternatives: Alternatives = [[]];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ")") {
      if (this.#source[this.#at] === "|") {
        this.#at++;
        alternatives.push([]);
        continue;
      }
      const item = this.#item();
      const [min, max] = this.#times();
      if (item !== null) alternatives.at(-1)?.push({ ...item, min, max });
    }
    return alternatives;
  }

  #item(): Item | null {
    const group = this.#take(/\((?:\?:|\?<?[=!]|\?<\w+>)?/y);
    if (group !== null) {
      const inner = this.read();
      this.#at++;
      return /[=!]$/.test(group) ? null : { source: "", inner, min: 1, max: 1 };
    }
    if (this.#take(/[$^]|\\[bB]|\\[1-9]|\\k<\w+>/y) !== null) return null;
    const source = this.#take(/\[(?:\\.|[^\]\\])*\]|\\x[\da-f]{2}|\\u[\da-f]{4}|\\u\{[\da-f]+\}|\\[pP]\{[^}]+\}|\\c[A-Z]|\\.|[\s\S]/iy);
    return { source: source ?? "", inner: null, min: 1, max: 1 };
  }

  #times(): [min: number, max: number] {
    const text = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    if (text === null) return [1, 1];
    const [, min, comma, max] = /^\{(\d+)(,?)(\d*)/.exec(text) ?? [];
    if (min !== undefined) return [Number(min), comma === "" ? Number(min) : max === "" ? Number.POSITIVE_INFINITY : Number(max)];
    return [text.startsWith("+") ? 1 : 0, text.startsWith("?") ? 1 : Number.POSITIVE_INFINITY];
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }
}
