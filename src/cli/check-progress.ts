import type { Progress } from "../check/run-checks.ts";
import type { ExitScheme } from "../core/route.ts";
import { formatTime } from "./check-summary.ts";
import { CHECK_WIDTH_MIN } from "./check-table.ts";
import { fit, format, lookOf } from "./look.ts";

/**
 * One line that shows how far a run has come, on a terminal only, and gets out of the way of other lines:
 *
 *     1,204 of about 30,000  812/s  35.4 s left  alive 204: http 120, socks5 84  512 at once
 */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #share: () => number | null;
  readonly #now: () => number;
  /** Times and counts of the last seconds. */
  readonly #recent: { readonly at: number; readonly done: number }[] = [];
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isShown = false;

  /** @param share of the lists that is read, 0 to 1; null: nobody knows. */
  constructor(stream: NodeJS.WriteStream, share: () => number | null, now: () => number) {
    this.#stream = stream;
    this.#share = share;
    this.#now = now;
    this.#startedAt = now();
  }

  /** @param apart results of an earlier run that are of none of the lists, as far as those are read */
  draw(progress: Progress, apart: number): void {
    const now = this.#now();
    if (!this.#stream.isTTY || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#recent.push({ at: now, done: progress.tally.done });
    if (this.#recent.length > SAMPLES_MAX) this.#recent.shift();
    const width = (lookOf(this.#stream, CHECK_WIDTH_MIN).width ?? 0) - 1; // a full line would move the cursor to the next
    const isOne = progress.isAllRead && progress.read === 1 && progress.tally.done === 0;
    const line = isOne
      ? `checking for ${formatTime(now - this.#startedAt)}`
      : writeProgress(progress, { share: this.#share(), rate: rateOf(this.#recent), apart });
    this.#stream.write(`\r\x1b[K${fit(line, width)}`);
    this.#isShown = true;
  }

  /** Makes room for another line; the next `draw` shows it again. */
  clear(): void {
    if (!this.#isShown) return;
    this.#stream.write("\r\x1b[K");
    this.#isShown = false;
  }
}

const REDRAW_MS = 200;
/** Some five seconds. */
const SAMPLES_MAX = 25;

interface Pace {
  readonly share: number | null;
  /** In a second; null: not known yet. */
  readonly rate: number | null;
  readonly apart: number;
}

function writeProgress({ tally, read, isAllRead, limit }: Progress, { share, rate, apart }: Pace): string {
  const total = isAllRead ? read : share === null || share === 0 ? null : Math.round(read / share);
  const done = tally.done - apart;
  const parts = [`${format(done)}${total === null ? "" : ` of ${isAllRead ? "" : "about "}${format(total)}`}`];
  if (rate !== null) parts.push(`${format(Math.round(rate))}/s`);
  if (total !== null && rate !== null && rate > 0) parts.push(`${formatTime(((total - done) / rate) * 1000)} left`);
  const spoken = FAMILIES.map(([name, schemes]) => [name, Math.max(...schemes.map((scheme) => tally.protocols[scheme] ?? 0))] as const);
  const protocols = spoken.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${format(count)}`);
  parts.push(`alive ${format(tally.alive)}${protocols.length === 0 ? "" : `: ${protocols.join(", ")}`}`);
  if (tally.states.lies > 0) parts.push(`liars ${format(tally.states.lies)}`);
  parts.push(`${format(limit)} at once`);
  return parts.join("  ");
}

/** Whatever speaks the larger one of them speaks the other. */
const FAMILIES: readonly (readonly [name: string, schemes: readonly ExitScheme[]])[] = [
  ["http", ["http"]],
  ["https", ["https"]],
  ["socks4", ["socks4", "socks4a"]],
  ["socks5", ["socks5", "socks5h"]],
];

function rateOf(recent: readonly { readonly at: number; readonly done: number }[]): number | null {
  const [first] = recent;
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last.at === first.at) return null;
  return ((last.done - first.done) * 1000) / (last.at - first.at);
}
