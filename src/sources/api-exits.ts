import type { Exit } from "../core/route.ts";
import { formatExit } from "../wire/exit-line.ts";

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

  /** Adds an exit, or takes the place of one with the same route. False: there is no room. */
  put(exit: Exit): boolean {
    const route = formatExit(exit);
    if (this.#byRoute.size >= EXITS_MAX && !this.#byRoute.has(route)) return false;
    this.#byRoute.set(route, exit);
    return true;
  }

  /** By its route, whatever it is called. False: it is not here. */
  delete(exit: Exit): boolean {
    return this.#byRoute.delete(formatExit(exit));
  }
}
