import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseListenAddress } from "../config/address.ts";
import { DEFAULT_ADMIN } from "../config/defaults.ts";
import { isExchangeRecord } from "../config/exchange-schema.ts";
import { formatHostPort } from "../core/address.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import { type Explained, explainResponse } from "../explain/response/explain-response.ts";
import { lookOf } from "./check-look.ts";
import { explainConfigFiles } from "./explain-config.ts";
import { tellExplained, tellRecord } from "./explain-report.ts";
import { UsageError } from "./usage-error.ts";

export interface ExplainFlags {
  readonly json: boolean;
  readonly admin?: string;
  /** The inputs are configs. */
  readonly config: boolean;
}

/** What was found in one input. */
type Found = { readonly kind: "record"; readonly record: ExchangeRecord } | Explained;

/** Explains saved answers, clients' errors, and exchanges of a running gateway. 1: there was a fault in one of them. */
export async function explain(inputs: readonly string[], flags: ExplainFlags): Promise<number> {
  if (flags.config) return explainConfigFiles(inputs, flags);
  const sources = inputs.length === 0 ? ["-"] : inputs;
  const found: Found[] = [];
  for (const source of sources) found.push(...(await explainSource(source, flags)));
  const look = lookOf(process.stdout);
  if (flags.json) console.log(JSON.stringify(found.length === 1 ? found[0] : found, null, 2));
  else {
    const blocks = found.map((one) => (one.kind === "record" ? tellRecord(one.record, look) : tellExplained(one, look)));
    console.log(blocks.map((lines) => lines.join("\n")).join("\n\n"));
  }
  return found.some(isFault) ? 1 : 0;
}

function isFault(found: Found): boolean {
  if (found.kind === "record") return found.record.verdict !== null;
  return found.kind === "words" || found.reading.fault !== null;
}

async function explainSource(source: string, flags: ExplainFlags): Promise<Found[]> {
  if (source !== "-" && !existsSync(source)) {
    if (REQUEST_ID.test(source)) return [{ kind: "record", record: await fetchRecord(source, flags) }];
    throw new UsageError(`${source} is neither a file nor the id of a request`);
  }
  const text = await readText(source);
  const record = readRecord(text);
  if (record !== null) return [{ kind: "record", record }];
  const explained = explainResponse(text);
  if (explained === null)
    throw new UsageError(
      `${source === "-" ? "the input" : source} has no answer and no client's error in it: what curl -i or curl -v prints, a HAR file, or a record is wanted`,
    );
  return [...explained];
}

/** As the gateway makes them. */
const REQUEST_ID = /^[0-9A-Za-z]{6,40}$/;
const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const FETCH_MS_MAX = 5000;

async function readText(source: string): Promise<string> {
  if (source !== "-") return (await readFile(source)).subarray(0, TEXT_BYTES_MAX).toString("utf8");
  if (process.stdin.isTTY) console.error("goodgateway explain reads what you paste, until Ctrl-D");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > TEXT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString("utf8");
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
