import { readFileSync } from "node:fs";
import { DEFAULTS } from "../config/defaults.ts";
import type { Exit } from "../core/route.ts";
import { type CurlCommand, isMethod, readCurlCommand } from "../diagnose/curl-command.ts";
import { bodyOf } from "../diagnose/curl-command-body.ts";
import { BadCommand } from "../diagnose/curl-command-problem.ts";
import { shellWords } from "../diagnose/curl-command-words.ts";
import type { DiagnoseContext } from "../diagnose/diagnose-context.ts";
import { openDiagnosis, readRoutes } from "../diagnose/open-diagnosis.ts";
import { TARGET_REQUESTS_MAX } from "../diagnose/plan.ts";
import type { Question } from "../diagnose/question.ts";
import { type Surroundings, surroundingsOf } from "../diagnose/surroundings.ts";
import { unreadable } from "./unreadable.ts";
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
  readonly html?: string;
  readonly har?: string;
  /** Milliseconds between two rounds; true: as usual. */
  readonly watch?: number | true;
}

/** What a command line asks for. */
export interface Asked {
  readonly question: Question;
  readonly context: DiagnoseContext;
  /** Null: not given as a curl command. */
  readonly curl: CurlCommand | null;
  /** What is said before the answer: what cannot be honoured. */
  readonly notes: readonly string[];
}

/**
 * @param operands a URL; a curl command, in words or as one text; or `-`: such a text is piped in
 */
export async function readAsked(operands: readonly string[], flags: DiagnoseFlags): Promise<Asked> {
  const spentMs = performance.now(); // whoever pastes a command may take longer
  const curl = readCurl(operands, flags);
  const [text = ""] = operands;
  const given = (flags.via ?? []).flatMap((line, index, { length }) => routes(line, `--via${length > 1 ? ` ${index + 1}` : ""}`));
  const exits = flags.exits === undefined ? [] : routes(read(flags.exits).toString("utf8"), flags.exits);
  const via = curl?.exit == null ? given : [curl.exit, ...given];
  if (!flags.direct && via.length + exits.length === 0)
    throw new UsageError("--no-direct leaves no way: name a route (--via) or a list (--exits)");
  const common = { via, exits, direct: flags.direct, ports: flags.ports, requestsMax: TARGET_REQUESTS_MAX };
  const request = curl ?? requestOf(text, flags);
  const { url, method, fields, host, body, insecure, tunnel } = request;
  const context = openDiagnosis(DEFAULTS, flags.timeout ?? curl?.timeoutMs ?? null, spentMs);
  const surroundings = curl === null ? { context, place: null } : await placed(curl, url, context);
  const question = { ...common, url, before: null, method, fields, host, body, insecure, tunnel, place: surroundings.place };
  return { question, context: surroundings.context, curl, notes: curl?.notes ?? [] };
}

/** Where the target of a URL is, by a curl command, and how it is looked for. */
export async function placed(curl: CurlCommand, url: URL, context: DiagnoseContext): Promise<Surroundings> {
  const found = await surroundingsOf(curl, url, context);
  if (found === null) throw new UsageError("--connect-to of curl names a host that has no address");
  return found;
}

function readCurl(operands: readonly string[], flags: DiagnoseFlags): CurlCommand | null {
  const [first = "", ...more] = operands;
  if (first === "") throw new UsageError("name what is asked for: a URL, or a curl command after --");
  if (more.length > 0 && /^https?:\/\//i.test(first))
    throw new UsageError("one URL is diagnosed at a time, and a proxy stands behind --via: goodgateway diagnose URL --via PROXY");
  const isCurl = more.length > 0 || first === "-" || /^\s*(?:[$%>]\s+)?(?:\w+=\S*\s+)*\S*curl(?:\.exe)?\s/i.test(first);
  if (!isCurl) return null;
  if (flags.request !== "" || flags.header !== undefined || flags.data !== undefined)
    throw new UsageError("-X, -H and -d stand in the curl command itself");
  try {
    const { words, variables } = commandOf(more.length > 0 ? operands : first === "-" ? read("-").toString("utf8") : first);
    return readCurlCommand(words, { readFile: read, variables });
  } catch (error) {
    if (!(error instanceof BadCommand)) throw error;
    throw new UsageError(error.message);
  }
}

/** Less a prompt, and with the variables that stand before it. */
function commandOf(given: string | readonly string[]): { words: readonly string[]; variables: Record<string, string | undefined> } {
  const variables = { ...process.env };
  const words = [...(typeof given === "string" ? shellWords(given.replace(/^\s*[$%>]\s+/, ""), variables) : given)];
  for (let own = SET.exec(words[0] ?? ""); own !== null; own = SET.exec(words[0] ?? "")) {
    variables[own[1] as string] = own[2];
    words.shift();
  }
  return { words, variables };
}

const SET = /^([A-Za-z_]\w*)=([\s\S]*)$/;

type Request = Pick<Question, "url" | "method" | "fields" | "host" | "body" | "insecure" | "tunnel">;

function requestOf(text: string, { request, header, data }: DiagnoseFlags): Request {
  const body = data === undefined ? null : bodyOf([{ name: "data", value: data, isOff: false }], read);
  if (request !== "" && !isMethod(request)) throw new UsageError("-X takes a method, as in -X DELETE");
  const lines = (header ?? []).map(readField);
  const own = lines.filter(([name]) => !/^host$/i.test(name));
  const has = (name: string) => own.some(([one]) => one.toLowerCase() === name.toLowerCase());
  const usual = [["User-Agent", "goodgateway-diagnose"], ["Accept", "*/*"], ...(body === null ? [] : [[...body.fields]])];
  return {
    ...{ url: readUrl(text), method: request === "" ? (body?.method ?? "GET") : request, body: body?.bytes ?? null },
    fields: [...usual.filter(([name = ""]) => !has(name)), ...own].flat(),
    host: lines.find(([name]) => /^host$/i.test(name))?.[1] ?? null,
    ...{ insecure: false, tunnel: false },
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError(notUrl(text));
  if (url.username !== "" || url.password !== "")
    throw new UsageError("the URL takes no user and password: send an Authorization field (-H)");
  url.hash = "";
  return url;
}

/** What may be a host's name is offered as a URL. */
function notUrl(text: string): string {
  const host = /^([a-z\d][a-z\d.-]*\.[a-z\d.-]+(?::\d+)?)(?:\/|$)/i.exec(text)?.[1];
  return `what is diagnosed is an http:// or https:// URL${host === undefined ? "" : `, as in https://${host}/`}`;
}

function routes(text: string, name: string): readonly Exit[] {
  const found = readRoutes(text, name);
  if (!("error" in found)) return found;
  const { line, column, reason } = found.error;
  throw new UsageError(`${name.startsWith("--") ? `${name}, character ${column}` : `${name}:${line}:${column}`}: ${reason}`);
}

/** A file, or what is piped in (`-`). */
function read(path: string): Buffer {
  if (path === "-" && process.stdin.isTTY) console.error("goodgateway diagnose reads what you paste, until Ctrl-D");
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (error) {
    throw unreadable(path, error) ?? error;
  }
}

/** The writer's own, which cannot be given. */
const OWN = /^(?:connection|content-length|transfer-encoding|proxy-authorization|te|trailer|upgrade|expect|keep-alive)$/i;

function readField(line: string): [name: string, value: string] {
  const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*)$/.exec(line) ?? [];
  if (name === "") throw new UsageError("-H takes a field, as in -H 'Accept: text/html'");
  if (OWN.test(name)) throw new UsageError(`-H ${name}: this field is written by the gateway itself`);
  return [name, Buffer.from(value, "utf8").toString("latin1")];
}
