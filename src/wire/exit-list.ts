import type { Exit } from "../core/route.ts";
import { type ExitLineError, type ExitLineOptions, exitId, formatExit, ID_DIGITS, parseExitLine } from "./exit-line.ts";
import { PlainLines } from "./plain-exit-line.ts";
import { exitsOf } from "./user-template-exit.ts";

type Where = ExitLineOptions["where"];

interface Entry {
  exit: Exit;
  readonly route: string;
  readonly file: string;
  readonly line: number;
}

/** Exits from any number of lists: the same route twice is one exit, whose tags accumulate; an id belongs to one route. */
export class ExitList {
  readonly errors: ExitLineError[] = [];
  /** In the order of their lines. */
  readonly #entries: Entry[] = [];
  readonly #ids = new Map<string, Entry>();
  /** Those whose id is not the one that their route gives: the others are found by that, which in a long list saves a second large table. */
  readonly #byRoute = new Map<string, Entry>();

  get exits(): Exit[] {
    return this.#entries.map(({ exit }) => exit);
  }

  /** The exit by this one's route, with the tags and the id that it has here; null: there is none. */
  find(exit: Exit): Exit | null {
    return this.#find(formatExit(exit), exitId(exit, ID_DIGITS))?.exit ?? null;
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
      const plain = plainLines.read(lineText);
      if (plain === null) this.#readAny(lineText, { ...options, where: { file, line } });
      else this.#addOne({ exit: plain.exit, route: plain.route, file, line }, plain.exit.id);
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
    for (const one of exit.tags["sessions"] === undefined ? [exit] : exitsOf(exit)) {
      this.#addOne({ exit: one, route: formatExit(one), ...where }, exitId(one, ID_DIGITS));
    }
  }

  /** @param derived the id that the route gives. */
  #addOne(entry: Entry, derived: string): void {
    const known = this.#find(entry.route, derived);
    if (known === null) this.#addNew(entry, derived);
    else this.#merge(known, entry);
  }

  #find(route: string, derived: string): Entry | null {
    const entry = this.#ids.get(derived);
    if (entry !== undefined && entry.route === route) return entry;
    return this.#byRoute.get(route) ?? null;
  }

  /** Adds what another list holds, its errors too. */
  addAll(other: ExitList): void {
    for (const entry of other.#entries) {
      const { exit } = entry;
      const derived = other.#byRoute.has(entry.route) ? exitId(exit, ID_DIGITS) : exit.id;
      this.#addOne({ ...entry }, derived);
    }
    for (const error of other.errors) this.errors.push(error);
  }

  #addNew(entry: Entry, derived: string): void {
    const { exit, route } = entry;
    const holder = this.#ids.get(exit.id);
    if (holder !== undefined && isNamed(exit)) {
      this.#refuse(entry, exit.id, holder);
      return;
    }
    // Eight digits of two routes in 100,000 are likely to be equal: the second one gets more of them.
    if (holder !== undefined) entry.exit = { ...exit, id: exitId(exit, LONG_ID_DIGITS) };
    this.#entries.push(entry);
    this.#ids.set(entry.exit.id, entry);
    if (entry.exit.id !== derived) this.#byRoute.set(route, entry);
  }

  // The later line is the newer one: its password, weight and id count.
  #merge(known: Entry, newer: Entry): void {
    const { exit } = newer;
    const named = isNamed(exit);
    const holder = this.#ids.get(exit.id) ?? known;
    if (named && holder !== known) {
      this.#refuse(newer, exit.id, holder);
      return;
    }
    const id = named ? exit.id : known.exit.id;
    this.#ids.delete(known.exit.id);
    this.#ids.set(id, known);
    if (named) this.#byRoute.set(known.route, known);
    known.exit = {
      id,
      hops: exit.hops,
      tags: accumulate(known.exit.tags, exit.tags),
      rotating: known.exit.rotating || exit.rotating,
      weight: exit.weight === 1 ? known.exit.weight : exit.weight,
    };
  }

  #refuse({ file, line }: Where, id: string, holder: Where): void {
    this.errors.push({ file, line, column: 1, reason: `id ${id} is taken by ${place(holder)}` });
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
    const known = Object.hasOwn(tags, key) ? (tags[key] as string).split(",") : [];
    const values = new Set([...known, ...value.split(",")]);
    tags[key] = [...values].join(",");
  }
  return tags;
}
