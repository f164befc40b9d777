import { SAVED_ANSWERS_MAX, SAVED_BODY_BYTES_MAX, type SavedAnswer, type SavedTalk } from "./saved.ts";

type Plain = Readonly<Record<string, unknown>>;

/** Reads a HAR file (HTTP Archive 1.2), as browsers save it; null: the value is none. Entries that are none are left out. */
export function readHar(value: unknown): SavedTalk | null {
  const entries = list(inner(inner(value)?.["log"])?.["entries"]);
  if (entries === null) return null;
  const read = entries.slice(0, SAVED_ANSWERS_MAX).flatMap((entry) => readEntry(entry));
  return {
    answers: read.flatMap(({ answer }) => (answer === null ? [] : [answer])),
    words: read.flatMap(({ error }) => (error === null ? [] : [{ text: error, line: 0, ms: null }])),
  };
}

function readEntry(value: unknown): { answer: SavedAnswer | null; error: string | null }[] {
  const entry = inner(value);
  const [request, response] = [inner(entry?.["request"]), inner(entry?.["response"])];
  const [method, url, status] = [text(request?.["method"]), text(request?.["url"]), number(response?.["status"])];
  if (response === null || method === null || url === null || status === null) return [];
  // Status 0: no answer came. Chrome says why.
  const error = status === 0 ? text(response["_error"]) : null;
  if (status < 200) return [{ answer: null, error: error === null ? null : `${error} ${url}` }];
  const answer: SavedAnswer = {
    asked: `${method} ${url}`,
    method,
    url: URL.canParse(url) ? new URL(url) : null,
    plainProxy: null,
    status,
    reason: text(response["statusText"]) ?? "",
    fields: fieldsOf(response["headers"]),
    body: bodyOf(response["content"]),
    ms: number(inner(entry?.["timings"])?.["wait"]) ?? number(entry?.["time"]),
    line: null,
  };
  return [{ answer, error: null }];
}

function fieldsOf(value: unknown): string[] {
  return (list(value) ?? []).flatMap((one) => {
    const [name, said] = [text(inner(one)?.["name"]), text(inner(one)?.["value"])];
    return name === null || said === null ? [] : [name, said];
  });
}

function bodyOf(value: unknown): Uint8Array {
  const content = inner(value);
  const encoding = content?.["encoding"] === "base64" ? "base64" : "utf8";
  return Buffer.from(text(content?.["text"]) ?? "", encoding).subarray(0, SAVED_BODY_BYTES_MAX);
}

function inner(value: unknown): Plain | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Plain) : null;
}

function list(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}
