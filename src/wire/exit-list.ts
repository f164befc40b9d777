import type { Exit } from "../core/route.ts";
import { type ExitLineError, type ExitLineOptions, exitId, formatExit, ID_DIGITS, parseExitLine } from "./exit-line.ts";
import { PlainLines } from "./plain-exit-line.ts";
import { exitsOf } from "./user-template-exit.ts";

type Where = ExitLineOptions["where"];

interface Entry {
  exit: Exit;
  readonly where: Where;
}

/** Exits from any number of lists: the same route twice is one exit, whose tags accumulate; an id belongs to one route. */
export class ExitList {
  readonly errors: ExitLineError[] = [];
  readonly #byRoute = new Map<string, Entry>();
  readonly #ids = new Map<string, Entry>();

  get exits(): Exit[] {
    return [...this.#byRoute.values()].map(({ exit }) => exit);
  }

  /** The exit by this one's route, with the tags and the id that it has here; null: there is none. */
  find(exit: Exit): Exit | null {
    return this.#byRoute.get(formatExit(exit))?.exit ?? null;
  }

  /** The exit that has this id; null: there is none. */
  findById(id: string): Exit | null {
    return this.#ids.get(id)?.exit ?? null;
  }

  /** Reads a list, one exit a line; a bad line is kept in `errors`, the others load. `where` is its first line. */
  read(text: string, options: ExitLineOptions): void {
    const { file, line: first } = options.where;
    const plainLines = new PlainLines(options.scheme, options.tags);
    let line = first;
    for (let at = 0; at <= text.length; line++) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline;
      const lineText = text.slice(at, end);
      const where = { file, line };
      const plain = plainLines.read(lineText);
      if (plain === null) this.#readAny(lineText, { ...options, where });
      else this.#addOne(plain.exit, where, plain.route);
      at = end + 1;
    }
  }

  #readAny(text: string, options: ExitLineOptions): void {
    const parsed = parseExitLine(text, options);
    if ("error" in parsed) this.errors.push(parsed.error);
    if ("exit" in parsed) this.add(parsed.exit, options.where);
  }

  /** Adds an exit, or those that its line stands for. */
  add(exit: Exit, where: Where): void {
    if (exit.tags["sessions"] === undefined) this.#addOne(exit, where);
    else for (const one of exitsOf(exit)) this.#addOne(one, where);
  }

  #addOne(exit: Exit, where: Where, route: string = formatExit(exit)): void {
    const known = this.#byRoute.get(route);
    if (known === undefined) this.#addNew(route, exit, where);
    else this.#merge(known, exit, where);
  }

  /** Adds what another list holds, its errors too. */
  addAll(other: ExitList): void {
    for (const [route, { exit, where }] of other.#byRoute) this.#addOne(exit, where, route);
    for (const error of other.errors) this.errors.push(error);
  }

  #addNew(route: string, exit: Exit, where: Where): void {
    const holder = this.#ids.get(exit.id);
    if (holder !== undefined && isNamed(exit)) {
      this.#refuse(where, exit.id, holder);
      return;
    }
    // Eight digits of two routes in 100,000 are likely to be equal: the second one gets more of them.
    const entry: Entry = { exit: holder === undefined ? exit : { ...exit, id: exitId(exit, LONG_ID_DIGITS) }, where };
    this.#byRoute.set(route, entry);
    this.#ids.set(entry.exit.id, entry);
  }

  // The later line is the newer one: its password, weight and id count.
  #merge(known: Entry, exit: Exit, where: Where): void {
    const named = isNamed(exit);
    const holder = this.#ids.get(exit.id) ?? known;
    if (named && holder !== known) {
      this.#refuse(where, exit.id, holder);
      return;
    }
    const id = named ? exit.id : known.exit.id;
    this.#ids.delete(known.exit.id);
    this.#ids.set(id, known);
    known.exit = {
      id,
      hops: exit.hops,
      tags: accumulate(known.exit.tags, exit.tags),
      rotating: known.exit.rotating || exit.rotating,
      weight: exit.weight === 1 ? known.exit.weight : exit.weight,
    };
  }

  #refuse(where: Where, id: string, holder: Entry): void {
    this.errors.push({ ...where, column: 1, reason: `id ${id} is taken by ${place(holder.where)}` });
  }
}

/** Reads one list of exits. */
export function parseExitList(text: string, options: ExitLineOptions): { exits: Exit[]; errors: ExitLineError[] } {
  const list = new ExitList();
  list.read(text, options);
  return { exits: list.exits, errors: list.errors };
}

/** `exits.txt:3:7: the port is missing`, or without a position where the whole list is meant. */
export function formatLineError({ file, line, column, reason }: ExitLineError): string {
  return line === 0 ? `${file}: ${reason}` : `${file}:${line}:${column}: ${reason}`;
}

const LONG_ID_DIGITS = 2 * ID_DIGITS;

/** The id is of an `id=` tag. */
function isNamed(exit: Exit): boolean {
  const derived = exitId(exit, LONG_ID_DIGITS);
  return exit.id !== derived && exit.id !== derived.slice(0, ID_DIGITS);
}

function place({ file, line }: Where): string {
  return line === 0 ? file : `${file}:${line}`;
}

function accumulate(first: Readonly<Record<string, string>>, second: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const tags: Record<string, string> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const values = new Set([...(tags[key]?.split(",") ?? []), ...value.split(",")]);
    tags[key] = [...values].join(",");
  }
  return tags;
}
