import { readFileSync } from "node:fs";
import { DEFAULTS } from "../config/defaults.ts";
import type { Exit } from "../core/route.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import { openDiagnosis, readRoutes } from "../diagnose/open-diagnosis.ts";
import { TARGET_REQUESTS_MAX } from "../diagnose/plan.ts";
import { tellDiagnosis, toJson } from "./diagnose-report.ts";
import { lookOf } from "./look.ts";
import { UsageError } from "./usage-error.ts";

export interface DiagnoseFlags {
  readonly via?: readonly string[];
  readonly exits?: string;
  readonly direct: boolean;
  readonly json: boolean;
  readonly ports: boolean;
  readonly request: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly timeout?: number;
}

/** Finds out whose fault it is. 1: something is broken. */
export async function diagnoseUrl(text: string, flags: DiagnoseFlags): Promise<number> {
  const url = readUrl(text);
  const via = (flags.via ?? []).flatMap((line, index) => routes(line, `--via ${index + 1}`));
  const exits = flags.exits === undefined ? [] : routes(read(flags.exits), flags.exits);
  if (!flags.direct && via.length + exits.length === 0)
    throw new UsageError("--no-direct leaves no way: name a route (--via) or a list (--exits)");
  const question = {
    ...{ url, via, exits, direct: flags.direct, ports: flags.ports },
    method: flags.request === "" ? (flags.data === undefined ? "GET" : "POST") : flags.request,
    fields: readFields(flags.header ?? []),
    body: flags.data === undefined ? null : Buffer.from(flags.data),
    ...{ host: null, place: null, insecure: false, tunnel: false, requestsMax: TARGET_REQUESTS_MAX },
  };
  const diagnosis = await diagnose(question, openDiagnosis(DEFAULTS, flags.timeout ?? TIMEOUT_MS));
  console.log(
    flags.json
      ? JSON.stringify(toJson(diagnosis), null, 2)
      : tellDiagnosis(diagnosis, DEFAULTS.limits.message, lookOf(process.stdout)).join("\n"),
  );
  return diagnosis.verdict.fault === null && diagnosis.verdict.confidence > 0 ? 0 : 1;
}

const TIMEOUT_MS = 4500;

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError("what is diagnosed is an http:// or https:// URL");
  if (url.username !== "" || url.password !== "")
    throw new UsageError("the URL takes no user and password: send an Authorization field (-H)");
  url.hash = "";
  return url;
}

function routes(text: string, name: string): readonly Exit[] {
  const found = readRoutes(text, name);
  if ("problem" in found) throw new UsageError(found.problem);
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** The writer's own, which cannot be given. */
const OWN = /^(?:host|connection|content-length|transfer-encoding|proxy-authorization|te|trailer|upgrade|expect|keep-alive)$/i;

function readFields(lines: readonly string[]): string[] {
  return ["User-Agent", "goodgateway-diagnose", "Accept", "*/*", ...lines.flatMap(readField)];
}

function readField(line: string): string[] {
  const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*)$/.exec(line) ?? [];
  if (name === "") throw new UsageError("-H takes a field, as in -H 'Accept: text/html'");
  if (OWN.test(name)) throw new UsageError(`-H ${name}: this field is written by the gateway itself`);
  return [name, value];
}
