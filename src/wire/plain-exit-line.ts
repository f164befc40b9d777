import { ExitKinds } from "../core/exit-rows.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import { idOfRoute, PlainLineBytes } from "./plain-line-bytes.ts";

/** An exit with its URL without the password. */
export interface PlainExit {
  readonly exit: Exit;
  readonly route: string;
}

/** Reads the plainest lines of an exit list, one text after the other. */
export class PlainLines {
  readonly #lines: PlainLineBytes;

  constructor(scheme: ExitScheme, tags: Exit["tags"]) {
    this.#lines = new PlainLineBytes(scheme, tags, new ExitKinds());
  }

  /** Null: the line is not of this kind, which says nothing against it. */
  read(line: string): PlainExit | null {
    const bytes = Buffer.from(line);
    if (!this.#lines.read(bytes, 0, bytes.length)) return null;
    const { route, kind } = this.#lines;
    return { exit: this.#lines.exitAt(bytes, 0, bytes.length, idOfRoute(route), kind), route };
  }
}
