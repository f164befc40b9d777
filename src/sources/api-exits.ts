import type { Exit } from "../core/route.ts";
import { formatExit } from "../wire/exit-line.ts";
import { ExitList } from "../wire/exit-list.ts";

/** Bounds what can be added while the gateway runs; longer lists belong into a file or behind a URL. */
const EXITS_MAX = 100_000;

/** Exits that were added while the gateway runs. They outlive changes of the config and of its lists, but not the process. */
export class ApiExits {
  readonly #byRoute = new Map<string, Exit>();

  get exits(): Iterable<Exit> {
    return this.#byRoute.values();
  }

  get size(): number {
    return this.#byRoute.size;
  }

  has(exit: Exit): boolean {
    return this.#byRoute.has(formatExit(exit));
  }

  /** Adds an exit, to what is known of the same route as a list would. False: there is no room. */
  put(exit: Exit): boolean {
    const route = formatExit(exit);
    const known = this.#byRoute.get(route);
    if (known === undefined && this.#byRoute.size >= EXITS_MAX) return false;
    this.#byRoute.set(route, known === undefined ? exit : merge(known, exit));
    return true;
  }

  /** By its route, whatever it is called. False: it is not here. */
  delete(exit: Exit): boolean {
    return this.#byRoute.delete(formatExit(exit));
  }
}

function merge(known: Exit, exit: Exit): Exit {
  const both = new ExitList();
  for (const one of [known, exit]) both.add(one, { file: "api", line: 1 });
  return both.exits[0] ?? exit;
}
