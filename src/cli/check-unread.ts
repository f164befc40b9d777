import { type BadCandidate, type Candidate, isStrangeLine, tellBadLine } from "../check/candidates.ts";
import type { Tally } from "../check/summary.ts";
import { format } from "./look.ts";

/** What a run cannot read, or not check for a bug of ours: the first of it is told as it comes, and the rest counted. */
export class Unread {
  readonly #say: (line: string) => void;
  readonly #warn: (message: string) => void;
  #told = 0;
  /** Lines of lists that are nothing that a list has. */
  #strange = 0;
  #bugs = 0;

  constructor(say: (line: string) => void, warn: (message: string) => void) {
    this.#say = say;
    this.#warn = warn;
  }

  readonly tellBadLine = (error: BadCandidate): void => {
    if (isStrangeLine(error)) this.#strange++;
    if (this.#told >= BAD_LINES_TOLD_MAX) return;
    this.#told++;
    this.#say(tellBadLine(error));
  };

  readonly tellBug = (error: unknown, { exit }: Candidate): void => {
    this.#bugs++;
    if (this.#bugs > 1) return;
    this.#warn(`a bug, at ${exit.id}: ${error instanceof Error ? error.stack : String(error)}`);
  };

  /** At the end. @param isText the lists are text in which addresses are looked for */
  tellTheRest({ badLines, done }: Tally, isText: boolean): void {
    const untold = badLines - this.#told;
    if (untold > 0) this.#warn(`and ${format(untold)} more lines that cannot be read`);
    if (!isText && this.#strange > (done === 0 ? 0 : Math.max(FEW_LINES, done)))
      this.#warn("most lines are no proxies: --extract finds the addresses with ports in any text");
    if (this.#bugs > 0) this.#warn(`${format(this.#bugs)} not checked, because of the bug above`);
  }

  /** Where no list had a proxy. */
  tellNothing({ badLines }: Tally): void {
    this.#warn(badLines > 0 ? NO_PROXY : `${NO_PROXY}. A list has one in each line, such as 192.0.2.1:8080 or socks5://192.0.2.1:1080`);
  }
}

/** The others are counted. */
const BAD_LINES_TOLD_MAX = 20;
/** That a list may have of something else. */
const FEW_LINES = 2;
const NO_PROXY = "there was no proxy to check";
