import { BadConfigFile, boundInclude, DEPTH_MAX, type Include } from "./includes.ts";
import type { Setting, Where } from "./setting.ts";

/** Parses an Apache config: a directive a line, `<Sections>`, `\` at the end of a line, `Define`, `Include`. @throws BadConfigFile */
export function parseApache(file: string, text: string, include: Include): readonly Setting[] {
  return new ApacheParser(boundInclude(file, include), new Map()).file(file, text, 0);
}

/** What is in them is in the section around them: whether a module is there is not known. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  "ifmodule",
  "ifdefine",
  "ifversion",
  "iffile",
  "ifdirective",
  "ifsection",
  "requireall",
  "requireany",
]);

interface Open {
  readonly setting: Setting & { readonly inner: Setting[] };
  readonly isTransparent: boolean;
}

class ApacheParser {
  readonly #include: Include;
  /** By `Define`, of one config. */
  readonly #defined: Map<string, string>;

  constructor(include: Include, defined: Map<string, string>) {
    this.#include = include;
    this.#defined = defined;
  }

  file(file: string, text: string, depth: number): Setting[] {
    if (depth > DEPTH_MAX) throw new BadConfigFile(`${file}: more than ${DEPTH_MAX} includes within one another`);
    const top: Setting[] = [];
    const open: Open[] = [];
    const into = () => open.findLast(({ isTransparent }) => !isTransparent)?.setting.inner ?? top;
    for (const { line, words } of logicalLines(text)) {
      const where = { file, line };
      const [first = "", ...args] = words.map((word) => this.#expand(word));
      if (first.startsWith("</")) this.#close(open, first, where);
      else if (first.startsWith("<")) this.#open(open, into, { where, first, args });
      else into().push(...this.#directive({ where, name: first.toLowerCase(), args, inner: [] }, depth));
    }
    const left = open.at(-1)?.setting;
    if (left !== undefined) throw new BadConfigFile(`${file}:${left.where.line}: the <${left.name}> here is never closed`);
    return top;
  }

  #open(open: Open[], into: () => Setting[], { where, first, args }: { where: Where; first: string; args: readonly string[] }): void {
    if (open.length > DEPTH_MAX) throw new BadConfigFile(`${where.file}:${where.line}: more than ${DEPTH_MAX} sections within one another`);
    const name = first.slice(1).replace(/>$/, "").toLowerCase();
    const inner: Setting[] = [];
    const setting = { where, name, args: args.map((arg) => arg.replace(/>$/, "")).filter((arg) => arg !== ""), inner };
    const isTransparent = TRANSPARENT.has(name);
    if (!isTransparent) into().push(setting);
    open.push({ setting, isTransparent });
  }

  #close(open: Open[], first: string, { file, line }: Where): void {
    const name = first.slice(2).replace(/>$/, "").toLowerCase();
    if (open.pop()?.setting.name !== name) throw new BadConfigFile(`${file}:${line}: a </${name}> that closes nothing`);
  }

  #directive(setting: Setting, depth: number): Setting[] {
    const { name, args } = setting;
    const [first = "", second = ""] = args;
    if (name === "define" && this.#defined.size < DEFINED_MAX) this.#defined.set(first, second);
    if (name !== "include" && name !== "includeoptional") return [setting];
    return this.#include(first).flatMap((found) => this.file(found.file, found.text, depth + 1));
  }

  /** Names that only the environment knows stay as they are. */
  #expand(word: string): string {
    return word.replace(/\$\{(\w+)\}/g, (whole, name: string) => this.#defined.get(name) ?? whole);
  }
}

const DEFINED_MAX = 1000;

/** Lines with their words; one that ends in a backslash goes on. */
function* logicalLines(text: string): Generator<{ line: number; words: string[] }> {
  let held = "";
  let begin = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (held === "") begin = index + 1;
    held += raw;
    if (held.endsWith("\\") && held.length < LOGICAL_CHARS_MAX) {
      held = held.slice(0, -1);
      continue;
    }
    const trimmed = held.trim();
    held = "";
    if (trimmed !== "" && !trimmed.startsWith("#")) yield { line: begin, words: wordsOf(trimmed) };
  }
}

/** Apache reads no longer ones. */
const LOGICAL_CHARS_MAX = 64 * 1024;

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"?|'((?:\\.|[^'\\])*)'?|[^\s"']\S*/g)].map(
    ([whole, double, single]) => double ?? single ?? whole,
  );
}
