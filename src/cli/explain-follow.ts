import { createReadStream, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { withoutControls } from "../core/printable.ts";
import { IncidentNews, type News } from "../explain/log/incident-news.ts";
import { formatsNamed, LOG_FORMAT_NAMES } from "../explain/log/log-formats.ts";
import { LogReader, type OpenLog } from "../explain/log/log-reader.ts";
import { tellLog } from "./explain-log-report.ts";
import { followFile } from "./follow-file.ts";
import { fit, format, type Look, lookOf, plural } from "./look.ts";
import { unreadable } from "./unreadable.ts";
import { untilEnded } from "./until-ended.ts";
import { UsageError } from "./usage-error.ts";

export interface FollowFlags {
  readonly json: boolean;
  readonly format: string;
}

/** Reads logs, and what is written to them, until Ctrl-C: each incident as it begins and as it grows, and the conclusion. 1: there was one. */
export async function followLogs(sources: readonly string[], flags: FollowFlags): Promise<number> {
  if (flags.format !== "auto" && formatsNamed(flags.format).length === 0)
    throw new UsageError(`--format ${flags.format}: there are auto, ${LOG_FORMAT_NAMES.join(", ")}`);
  const following = new Following(flags);
  const stop = new AbortController();
  void untilEnded().then(() => stop.abort());
  // Whoever reads along may leave, as head does.
  process.stdout.on("error", () => stop.abort());
  const timer = setInterval(() => following.tellNews(), TELL_MS);
  const unread = new Set(sources);
  const caughtUp = (source: string) => {
    if (unread.delete(source) && unread.size === 0) following.tellStart();
  };
  const read = async (source: string) => {
    try {
      const pipe = openPipe(source);
      await (pipe === null ? readFollowed(source, following, stop.signal, caughtUp) : readPipe(source, pipe, following, stop.signal));
    } catch (error) {
      // The others end with it.
      stop.abort();
      throw unreadable(source, error) ?? error;
    }
  };
  try {
    await Promise.all(sources.map(read));
  } finally {
    clearInterval(timer);
  }
  return following.conclude();
}

/** As often as a screen is looked at. */
const TELL_MS = 250;

async function readFollowed(path: string, following: Following, signal: AbortSignal, caughtUp: (path: string) => void): Promise<void> {
  let log = following.open(path);
  let isFirst = true;
  let wasThere = true;
  for await (const part of followFile(path, signal)) {
    if (part.kind === "bytes") {
      if (isFirst && part.bytes[0] === 0x1f && part.bytes[1] === 0x8b)
        throw new UsageError(`${path} is packed: nobody adds lines to it; read it without -f`);
      isFirst = false;
      log.push(part.bytes);
    } else if (part.kind === "restart") {
      log.end();
      log = following.open(path);
      console.error(
        part.why === "replaced"
          ? `${path}: another file has its name now, and is followed`
          : `${path} was cut off, and is read from its start`,
      );
    } else {
      if (!part.isThere && wasThere) console.error(`${path} is not there yet`);
      wasThere = part.isThere;
      caughtUp(path);
    }
  }
  log.end();
}

/** Stdin, or what a shell makes of `<(command)`; null: a file, or none yet. */
function openPipe(source: string): Readable | null {
  if (source === "-") return process.stdin;
  const stats = statSync(source, { throwIfNoEntry: false });
  return stats === undefined || stats.isFile() || stats.isDirectory() ? null : createReadStream(source);
}

async function readPipe(source: string, pipe: Readable, following: Following, signal: AbortSignal): Promise<void> {
  const log = following.openPipe(source === "-" ? "stdin" : source);
  signal.addEventListener("abort", () => pipe.destroy(), { once: true });
  try {
    for await (const chunk of pipe) log.push(chunk as Buffer);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  log.end();
}

class Following {
  readonly #flags: FollowFlags;
  readonly #look: Look = lookOf(process.stdout);
  readonly #reader: LogReader;
  readonly #news = new IncidentNews();
  /** What the files hold at first is no news; what comes by a pipe is. */
  #isStarted = false;

  constructor(flags: FollowFlags) {
    this.#flags = flags;
    this.#reader = new LogReader({ format: flags.format === "auto" ? null : flags.format, year: new Date().getFullYear() });
  }

  open(name: string): OpenLog {
    return this.#reader.openBeside(name);
  }

  openPipe(name: string): OpenLog {
    this.#isStarted = true;
    return this.open(name);
  }

  /** All that was written before is read. */
  tellStart(): void {
    const incidents = this.#reader.incidents();
    const sum = incidents.length === 0 ? "no incident" : plural(incidents.length, "incident", "incidents");
    console.error(`${plural(this.#reader.lines, "line", "lines")} so far, ${sum}; more is told as it comes, and all of it at Ctrl-C`);
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#news.skip(incidents, performance.now());
    const largest = incidents.toSorted((one, other) => other.count - one.count).slice(0, SO_FAR_SHOWN_MAX);
    if (!this.#flags.json) for (const one of new IncidentNews().read(largest, 0)) console.log(tellOne(one, "so far", this.#look));
  }

  tellNews(): void {
    if (!this.#isStarted) return;
    const news = this.#news.read(this.#reader.incidents(), performance.now());
    for (const one of news.slice(0, NEWS_SHOWN_MAX))
      console.log(this.#flags.json ? withoutControls(JSON.stringify(one)) : tellOne(one, LABELS[one.kind], this.#look));
    const beyond = news.length - NEWS_SHOWN_MAX;
    if (beyond > 0) console.error(`and ${plural(beyond, "other incident", "other incidents")}`);
  }

  conclude(): number {
    this.tellNews();
    const report = this.#reader.report();
    console.log(this.#flags.json ? withoutControls(JSON.stringify(report)) : `\n${tellLog(report, this.#look).join("\n")}`);
    return report.failures > 0 ? 1 : 0;
  }
}

/** At a time; whoever looks reads no more. */
const NEWS_SHOWN_MAX = 20;

const SO_FAR_SHOWN_MAX = 5;

const LABELS: Readonly<Record<News["kind"], string>> = { opened: "new", grew: "goes on", quiet: "over for now" };

function tellOne({ kind, fault, culprit, backend, count, added, last, line }: News, label: string, { paint, width }: Look): string {
  const what = `${last?.slice(11) ?? "        "} ${label}: ${fault}${backend === null ? "" : ` at ${backend}`}`;
  const lines = plural(count, "line", "lines");
  const more =
    kind === "grew"
      ? `: ${lines}, ${format(added)} of them new`
      : kind === "quiet"
        ? `: ${lines}`
        : `, culprit ${culprit}, ${lines}: ${line.words}`;
  return paint(kind === "opened" ? "bold" : "dim", fit(what + more, width ?? WIDE_CHARS));
}

const WIDE_CHARS = 400;
