import { BadConfigFile, boundInclude, DEPTH_MAX, type Include } from "./includes.ts";
import type { Setting, Where } from "./setting.ts";

/** Parses an nginx config: directives end in `;`, blocks in `}`; quotes, comments and `include` as nginx has them. @throws BadConfigFile */
export function parseNginx(file: string, text: string, include: Include): readonly Setting[] {
  return new NginxParser(file, text, boundInclude(file, include), 0).all();
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly quoted: boolean;
}

class NginxParser {
  readonly #file: string;
  readonly #tokens: Iterator<Token>;
  readonly #include: Include;
  readonly #depth: number;

  constructor(file: string, text: string, include: Include, depth: number) {
    if (depth > DEPTH_MAX) throw new BadConfigFile(`${file}: more than ${DEPTH_MAX} includes within one another`);
    this.#file = file;
    this.#tokens = tokens(text);
    this.#include = include;
    this.#depth = depth;
  }

  all(): Setting[] {
    return this.#block(null, 0);
  }

  /** @param opened where the block began; null: the file itself. */
  #block(opened: Where | null, depth: number): Setting[] {
    if (depth > DEPTH_MAX) throw new BadConfigFile(`${this.#file}:${opened?.line}: more than ${DEPTH_MAX} blocks within one another`);
    const settings: Setting[] = [];
    let words: Token[] = [];
    for (let next = this.#tokens.next(); next.done !== true; next = this.#tokens.next()) {
      const token = next.value;
      const isMark = !token.quoted && /^[;{}]$/.test(token.text);
      if (!isMark) words.push(token);
      else if (token.text === "}") {
        if (opened === null) throw new BadConfigFile(`${this.#file}:${token.line}: a } that closes nothing`);
        return settings;
      } else {
        if (words.length > 0) settings.push(...this.#setting(words, token.text === "{", depth));
        words = [];
      }
    }
    if (opened !== null) throw new BadConfigFile(`${this.#file}:${opened.line}: the { here is never closed`);
    return settings;
  }

  #setting([first, ...rest]: readonly Token[], hasBlock: boolean, depth: number): Setting[] {
    const { text, line } = first as Token;
    const where = { file: this.#file, line };
    const args = rest.map((token) => token.text);
    // Lua and njs have braces of their own.
    const inner = hasBlock ? (/_by_lua_block$/.test(text) ? this.#skip() : this.#block(where, depth + 1)) : [];
    if (text !== "include" || hasBlock) return [{ where, name: text.toLowerCase(), args, inner }];
    return this.#include(args[0] ?? "").flatMap((found) => new NginxParser(found.file, found.text, this.#include, this.#depth + 1).all());
  }

  #skip(): Setting[] {
    let open = 1;
    for (let next = this.#tokens.next(); next.done !== true && open > 0; ) {
      if (next.value.text === "{") open++;
      if (next.value.text === "}") open--;
      if (open > 0) next = this.#tokens.next();
    }
    return [];
  }
}

function* tokens(text: string): Generator<Token> {
  const pattern =
    /#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|[;{}]|(?:\$\{[^{}]*\}|\\.|[^\s;{}"'#\\])(?:\$\{[^{}]*\}|\\.|[^\s;{}])*|\n/gs;
  let line = 1;
  for (const match of text.matchAll(pattern)) {
    const [whole, double, single] = match;
    if (whole === "\n") line++;
    else if (!whole.startsWith("#")) {
      yield { text: double ?? single ?? whole, line, quoted: double !== undefined || single !== undefined };
      for (const character of whole) if (character === "\n") line++;
    }
  }
}
