import { createReadStream, fstatSync, type Stats, statSync } from "node:fs";
import { UnreadableList } from "../check/candidate-lines.ts";
import type { CandidateSource } from "../check/candidates.ts";
import { EXIT_SCHEMES } from "../core/route.ts";
import { fetchList } from "./check-fetch.ts";
import { UsageError } from "./usage-error.ts";

/** Where proxies are read from, and how far that has come. */
export interface Sources {
  readonly sources: readonly CandidateSource[];
  /** Of all of it, 0 to 1, by bytes; null: nobody knows how much there is. */
  share(): number | null;
}

/**
 * What the arguments of `check` mean: a file that exists, `-` for stdin, the URL of a list (one with a path), or a proxy. Without any, stdin;
 * throws UsageError where that is a terminal.
 *
 * @param written the file that results replace, which cannot be a list too; null: none.
 */
export function openSources(args: readonly string[], stdin: NodeJS.ReadStream, written: string | null): Sources {
  if (args.length === 0 && stdin.isTTY) throw new UsageError(NOTHING);
  const lists = args.length === 0 ? ["-"] : args;
  if (written !== null && lists.some((arg) => isSameFile(arg === "-" ? fstatSync(STDIN) : statOf(arg), statOf(written))))
    throw new UsageError(`--output: ${written} is one of the lists, and would be gone before it is read: name another file`);
  const progress: Progress = { read: 0, size: 0 };
  const sources = lists.map((arg, i) => openSource(arg, i + 1, stdin, progress));
  return { sources, share: () => (progress.size > 0 ? Math.min(1, progress.read / progress.size) : null) };
}

const NOTHING = [
  "there is nothing to check. Name a proxy, a list, or a list's URL:",
  "  goodgateway check socks5://192.0.2.1:1080",
  "  goodgateway check proxies.txt",
  "  goodgateway check https://site.example/proxies.txt",
].join("\n");

/** Bytes; a size of NaN: nobody knows. */
interface Progress {
  read: number;
  size: number;
}

/** The descriptor of standard input. */
const STDIN = 0;
const CHUNK_BYTES = 64 * 1024;

function openSource(arg: string, number: number, stdin: NodeJS.ReadStream, progress: Progress): CandidateSource {
  if (arg === "-") {
    progress.size = Number.NaN;
    return { name: "stdin", isList: true, open: () => readStream(stdin) };
  }
  const stats = statOf(arg);
  if (stats?.isDirectory()) throw new UsageError(`${arg} is a folder: name the files in it`);
  if (stats !== null) {
    progress.size += stats.isFile() ? stats.size : Number.NaN;
    return { name: arg, isList: true, open: () => count(readStream(createReadStream(arg, { highWaterMark: CHUNK_BYTES })), progress) };
  }
  const url = /^https?:\/\//i.test(arg) && URL.canParse(arg) ? new URL(arg) : null;
  if (url !== null && (url.pathname !== "/" || url.search !== "")) {
    progress.size = Number.NaN;
    // Vendors put keys into the query.
    return { name: `${url.origin}${url.pathname}`, isList: true, open: () => fetchList(url) };
  }
  if (!/[:,]/.test(arg)) throw new UsageError(`there is no file ${arg}, and a proxy is host:port or a URL (${EXIT_SCHEMES.join(", ")})`);
  // It may hold a password, so messages do not repeat it.
  return { name: `argument ${number}`, isList: false, open: () => oneChunk(arg) };
}

function isSameFile(one: Stats | null, other: Stats | null): boolean {
  return one?.isFile() === true && one.ino === other?.ino && one.dev === other.dev;
}

/** Null: there is no such file. What may be a proxy is none where the system refuses its name, as it does a long one, and is not repeated. */
function statOf(arg: string): Stats | null {
  try {
    return statSync(arg, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (/[:,]/.test(arg)) return null;
    throw new UsageError(`cannot read ${arg}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function* count(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    progress.read += chunk.length;
    yield chunk;
  }
}

async function* readStream(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UnreadableList(`cannot be read: ${REASONS[code ?? ""] ?? code ?? message}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not (EACCES)",
  EPERM: "this user may not (EPERM)",
  ENOENT: "it is gone (ENOENT)",
  EIO: "the disk fails (EIO)",
};
