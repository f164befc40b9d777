import { existsSync } from "node:fs";
import { parseListenAddress } from "../config/address.ts";
import { DEFAULT_ADMIN } from "../config/defaults.ts";
import { isExchangeRecord } from "../config/exchange-schema.ts";
import { formatHostPort } from "../core/address.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import type { LogReport } from "../explain/log/log-report.ts";
import { type Explained, explainResponse } from "../explain/response/explain-response.ts";
import { explainConfigFiles } from "./explain-config.ts";
import { followLogs } from "./explain-follow.ts";
import { type Input, openInput } from "./explain-input.ts";
import { hasLogLines, isLog, LogInputs } from "./explain-log.ts";
import { tellLog } from "./explain-log-report.ts";
import { tellExplained, tellJson, tellRecord } from "./explain-report.ts";
import { type Look, lookOf } from "./look.ts";
import { unreadable } from "./unreadable.ts";
import { UsageError } from "./usage-error.ts";

export interface ExplainFlags {
  readonly json: boolean;
  readonly admin?: string;
  /** The inputs are configs. */
  readonly config: boolean;
  /** `auto`, `response`, or whose log the inputs are. */
  readonly format: string;
  /** The inputs are logs that are still written. */
  readonly follow: boolean;
}

/** What was found in one input. */
type Found = { readonly kind: "record"; readonly record: ExchangeRecord } | Explained | LogReport;

/** Explains logs, saved answers, clients' errors, and exchanges of a running gateway. 1: there was a fault in one; 2: one could not be read. */
export async function explain(inputs: readonly string[], flags: ExplainFlags): Promise<number> {
  if (flags.config) return explainConfigFiles(inputs, flags);
  const sources = inputs.length === 0 ? ["-"] : inputs;
  if (flags.follow) return followLogs(sources, flags);
  const found: Found[] = [];
  const logs = new LogInputs(flags.format === "response" ? "auto" : flags.format);
  let isLogs = false;
  let isAllRead = true;
  for (const source of sources) {
    try {
      const one = await explainSource(source, flags, logs);
      if (one === "log") isLogs = true;
      else found.push(...one);
    } catch (error) {
      // One of many takes nothing from the others: a log that was just rotated is empty.
      if (!(error instanceof UsageError) || sources.length === 1) throw error;
      console.error(`goodgateway: ${error.message}`);
      if (!(error instanceof EmptyInput)) isAllRead = false;
    }
  }
  if (isLogs) found.push(logs.report());
  if (found.length === 0) return isAllRead ? 0 : 2;
  const look = lookOf(process.stdout);
  if (flags.json) console.log(tellJson(found.length === 1 ? found[0] : found));
  else {
    console.log(found.map((one) => tell(one, look).join("\n")).join("\n\n"));
  }
  if (!isAllRead) return 2;
  return found.some(isFault) ? 1 : 0;
}

class EmptyInput extends UsageError {}

function tell(found: Found, look: Look): string[] {
  if (found.kind === "log") return tellLog(found, look);
  return found.kind === "record" ? tellRecord(found.record, look) : tellExplained(found, look);
}

function isFault(found: Found): boolean {
  if (found.kind === "log") return found.failures > 0;
  if (found.kind === "record") return found.record.verdict !== null;
  return found.kind === "words" || found.reading.fault !== null;
}

/** What one input holds; a log is read into those before it. */
async function explainSource(source: string, flags: ExplainFlags, logs: LogInputs): Promise<Found[] | "log"> {
  if (source !== "-" && REQUEST_ID.test(source) && !existsSync(source))
    return [{ kind: "record", record: await fetchRecord(source, flags) }];
  if (source === "-" && process.stdin.isTTY) console.error("goodgateway explain reads what you paste, until Ctrl-D");
  const input = await openInput(source).catch((error: unknown) => {
    throw unreadable(source, error) ?? error;
  });
  if (flags.format !== "response" && (flags.format !== "auto" || holdsLog(input))) {
    await logs.read(input);
    return "log";
  }
  const bytes = await readBytes(input);
  const text = bytes.toString("utf8");
  const record = readRecord(text);
  if (record !== null) return [{ kind: "record", record }];
  const explained = explainResponse(text);
  // What one of very many lines says is no paste of a client's error.
  const isPaste = explained?.some(({ kind }) => kind === "answer") === true || (explained !== null && bytes.length <= PASTE_BYTES_MAX);
  if (flags.format === "auto" && !isPaste && hasLogLines(bytes)) {
    await logs.read({ ...input, chunks: only(bytes), broken: input.broken ?? tooLong(bytes) });
    return "log";
  }
  if (explained !== null) return [...explained];
  if (text === "" && input.broken === null) throw new EmptyInput(source === "-" ? EMPTY_STDIN : `${source} is empty`);
  throw new UsageError(
    `${input.name} has no answer, no client's error and no line of a known log in it: what curl -i or curl -v prints, a HAR file, a record or a log is wanted${input.broken === null ? "" : ` (${input.broken})`}`,
  );
}

/** What curl -v says of a connection has lines that look like those of some logs. */
function holdsLog(input: Input): boolean {
  const head = input.head.toString("utf8");
  if (/^[<>] (?:[A-Z]+ \S+ )?HTTP\/\d/m.test(head) || readRecord(head) !== null) return false;
  const found = isLog(input);
  // A gateway made with Go quotes the words that a client made with Go says by itself.
  return found === "surely" || (found === "perhaps" && explainResponse(head) === null);
}

/** What a client says of a failure goes to stderr, which a pipe leaves behind. */
const EMPTY_STDIN = "nothing was piped in. What a client says of its failure comes along with 2>&1: curl -i URL 2>&1 | goodgateway explain";
/** As the gateway makes them. */
const REQUEST_ID = /^[0-9A-Za-z]{6,40}$/;
const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const PASTE_BYTES_MAX = 64 * 1024;
const FETCH_MS_MAX = 5000;

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function tooLong({ length }: Buffer): string | null {
  return length > TEXT_BYTES_MAX ? "it begins with very many lines of no known log; --format NAME reads it all" : null;
}

async function readBytes(input: Input): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input.chunks) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > TEXT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}

/** A log line in JSON, or what the admin API answers. */
function readRecord(text: string): ExchangeRecord | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isExchangeRecord(value) ? value : null;
  } catch {
    return null;
  }
}

async function fetchRecord(id: string, { admin }: ExplainFlags): Promise<ExchangeRecord> {
  const address = admin === undefined ? DEFAULT_ADMIN : parseListenAddress(admin);
  if ("problem" in address) throw new UsageError(`--admin ${admin}: ${address.problem}`);
  const url = `http://${formatHostPort(address)}/api/exchanges/${id}`;
  const token = process.env["ADMIN_TOKEN"];
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(FETCH_MS_MAX) }).catch((error: unknown) => {
    throw new UsageError(
      `${id} is no file, and no gateway's admin listener answers at ${formatHostPort(address)} (--admin ADDRESS): ${told(error)}`,
    );
  });
  if (response.status === 401) throw new UsageError("the gateway's admin listener wants its token: set ADMIN_TOKEN");
  const value: unknown = response.ok ? await response.json() : null;
  if (isExchangeRecord(value)) return value;
  throw new UsageError(`the gateway at ${formatHostPort(address)} has no exchange ${id} any more: it keeps the last 1,000`);
}

function told(error: unknown): string {
  return error instanceof Error ? String(error.cause ?? error.message) : String(error);
}
