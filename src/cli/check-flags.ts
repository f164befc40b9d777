import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { DEFAULT_CHECK_COMMAND } from "../config/defaults.ts";
import { readDuration } from "../core/duration.ts";
import type { ExitScheme } from "../core/route.ts";
import { FORMATS, type Format } from "./check-formats.ts";
import type { AnonymityLevel, Filter, SortKey } from "./check-order.ts";
import { UsageError } from "./usage-error.ts";

/** The options of `check`, as the command line gives them. */
export interface CheckFlags {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly txt?: boolean;
  readonly output?: string;
  readonly resume?: string;
  readonly judge?: readonly string[];
  readonly target?: string;
  readonly expectStatus?: string;
  readonly expectBody?: string;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly samples?: number;
  readonly throughput?: boolean;
  readonly geoip?: readonly string[];
  readonly ca?: string;
  readonly scheme?: ExitScheme;
  readonly extract?: boolean;
  readonly ranges?: boolean;
  readonly rangesMax?: number;
  readonly sort?: SortKey;
  readonly alive?: boolean;
  readonly honest?: boolean;
  readonly maxLatency?: number;
  readonly anonymity?: AnonymityLevel;
  readonly country?: readonly string[];
  readonly protocol?: readonly ExitScheme[];
}

/** Where results go, besides the report for people. */
export interface OutputFlags {
  /** Of stdout; null: the report for people. */
  readonly format: Format | null;
  readonly file: { readonly path: string; readonly format: Format } | null;
  /** Results of an earlier run, which this one goes on with. */
  readonly resume: string | null;
  /** What that has to know of a proxy that is alive. */
  readonly isTargetAsked: boolean;
  /** Null: as they come. */
  readonly sort: SortKey | null;
  readonly filter: Filter;
}

/** What the flags say of the output; throws UsageError. */
export function readOutputFlags(flags: CheckFlags): OutputFlags {
  const formats = FORMATS.filter((format) => flags[format] === true);
  if (formats.length > 1) throw new UsageError(`choose one of ${formats.map((format) => `--${format}`).join(" and ")}`);
  const [format = null] = formats;
  const { resume = null, sort = null } = flags;
  const output = flags.output === "-" ? undefined : flags.output; // stdout, as for most programs
  if (output !== undefined && resume !== null) throw new UsageError("--resume FILE writes to that file: leave --output out");
  return {
    format: output === undefined ? format : null,
    file: output === undefined ? null : { path: output, format: format ?? formatOf(output) },
    resume,
    isTargetAsked: flags.target !== undefined,
    sort,
    filter: {
      alive: flags.alive === true || format === "txt",
      honest: flags.honest === true,
      maxLatencyMs: flags.maxLatency ?? null,
      anonymity: flags.anonymity ?? null,
      countries: (flags.country ?? []).map((code) => code.toLowerCase()),
      protocols: flags.protocol ?? [],
    },
  };
}

/** A time as `10s` or `500ms`, or a bare number of seconds. Milliseconds; null: it is none. */
export function readSeconds(text: string): number | null {
  return readDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
}

/** As readSeconds, but a bare number is one of milliseconds. */
export function readMilliseconds(text: string): number | null {
  return readDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}ms` : text);
}

/** The authorities of `--ca`; null: those that Node knows. */
export function readAuthorities(path: string | undefined): readonly string[] | null {
  if (path === undefined) return null;
  const pem = readWhole("--ca", path).toString("utf8");
  // Node passes over what is no certificate.
  if (!/-----BEGIN [A-Z\d ]*CERTIFICATE-----/.test(pem))
    throw new UsageError(`--ca: there is no certificate in ${path}: a PEM file is wanted`);
  return [pem];
}

/** A file that a flag names; throws UsageError. */
export function readWhole(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new UsageError(`${flag}: cannot read ${path}: ${UNREADABLE[code] ?? code}`);
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: "this user may not (EACCES)",
  EISDIR: "it is a folder (EISDIR)",
  ENOENT: "there is no such file (ENOENT)",
};

/** Proxies that ranges may stand for; null: ranges are refused. */
export function readRangesMax({ ranges, rangesMax }: CheckFlags): number | null {
  return ranges === true || rangesMax !== undefined ? (rangesMax ?? DEFAULT_CHECK_COMMAND.ranges) : null;
}

function formatOf(path: string): Format {
  const ending = extname(path).slice(1).toLowerCase();
  if (ending === "jsonl" || ending === "ndjson") return "json";
  const format = FORMATS.find((name) => name === ending);
  if (format === undefined) throw new UsageError(`which format is ${path} to be? Add --json, --csv or --txt`);
  return format;
}
