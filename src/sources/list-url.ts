import { setImmediate as nextTurn } from "node:timers/promises";
import type { Random } from "../core/clock.ts";
import { fetchAgainMs } from "./fetch-again.ts";
import { LIST_BYTES_MAX, type ListText, type ReadText } from "./list-text.ts";

/** An exit list behind a URL, fetched again about every `refreshMs`, and sooner after a failure. */
export class ListUrl implements ListText {
  readonly name: string;
  readonly #url: URL;
  readonly #headers: Record<string, string> = { Accept: "text/plain, */*;q=0.5" };
  readonly #refreshMs: number;
  readonly #random: Random;
  readonly #closed = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  /** In a row. */
  #failures = 0;
  /** What the server asked for at its last failure; 0: nothing. */
  #retryAfterMs = 0;

  constructor(url: string, refreshMs: number, random: Random) {
    this.#url = new URL(url);
    this.#refreshMs = refreshMs;
    this.#random = random;
    // fetch() refuses a URL with credentials.
    const { username, password } = this.#url;
    if (username !== "" || password !== "") {
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      this.#headers["Authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
      this.#url.username = "";
      this.#url.password = "";
    }
    // Vendors put keys into the query.
    this.name = `${this.#url.origin}${this.#url.pathname}`;
  }

  async read(): Promise<ReadText> {
    const result = await this.#fetch();
    this.#failures = "problem" in result ? this.#failures + 1 : 0;
    return result;
  }

  watch(onMaybeChanged: () => Promise<void>): void {
    const fetched = { refreshMs: this.#refreshMs, failures: this.#failures, retryAfterMs: this.#retryAfterMs };
    const waitMs = fetchAgainMs(fetched, this.#random);
    this.#timer = setTimeout(async () => {
      await onMaybeChanged();
      if (!this.#closed.signal.aborted) this.watch(onMaybeChanged);
    }, waitMs).unref();
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#timer ?? undefined);
  }

  async #fetch(): Promise<ReadText> {
    this.#retryAfterMs = 0;
    try {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(FETCH_MS)]);
      const response = await fetch(this.#url, { headers: this.#headers, signal });
      if (response.status === 304 && this.#isConditional()) return { bytes: null };
      if (response.status !== 200) {
        await response.body?.cancel();
        this.#retryAfterMs = readRetryAfter(response);
        return { problem: `cannot be fetched: status ${response.status}` };
      }
      const bytes = await readBytes(response);
      if (bytes === null) return { problem: `is larger than ${LIST_BYTES_MAX} bytes` };
      if (isWebPage(bytes)) return { problem: "is a web page, not an exit list" };
      this.#remember(response, "etag", "If-None-Match");
      this.#remember(response, "last-modified", "If-Modified-Since");
      return { bytes };
    } catch (error) {
      return { problem: `cannot be fetched: ${tellError(error)}` };
    }
  }

  #isConditional(): boolean {
    return "If-None-Match" in this.#headers || "If-Modified-Since" in this.#headers;
  }

  #remember(response: Response, name: string, condition: string): void {
    const value = response.headers.get(name);
    if (value === null) delete this.#headers[condition];
    else this.#headers[condition] = value;
  }
}

/** For the whole list. */
const FETCH_MS = 30_000;
/** In seconds; servers that write a date are asked again as others are. */
function readRetryAfter(response: Response): number {
  const text = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : 0;
}

async function readBytes(response: Response): Promise<Buffer | null> {
  if (Number(response.headers.get("content-length") ?? 0) > LIST_BYTES_MAX) {
    await response.body?.cancel();
    return null;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LIST_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return await join(chunks, size);
}

/** In steps: what is copied at once holds up everything else. */
async function join(chunks: readonly Uint8Array[], size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let [at, copied] = [0, 0];
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
    copied += chunk.length;
    if (copied < STEP_BYTES_MAX) continue;
    copied = 0;
    await nextTurn();
  }
  return bytes;
}

const STEP_BYTES_MAX: number = 4 * 1024 * 1024;

function isWebPage(bytes: Buffer): boolean {
  return bytes
    .toString("latin1", 0, START_BYTES_MAX)
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .startsWith("<");
}

/** What a list is begins within this. */
const START_BYTES_MAX = 1024;

function tellError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no complete answer in ${FETCH_MS / 1000} s`;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? error.message;
}
