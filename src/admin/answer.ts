import { printableJson } from "../core/printable.ts";
import { STATUS_CODES } from "../net/node-http.ts";

/** What the admin listener answers, before it is written. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Escaped, so that whoever reads it with curl gets no control character of a hostile target on the terminal. */
export function answerJson(value: unknown, status = 200): Answer {
  const body = `${printableJson(JSON.stringify(value))}\n`;
  return { status, contentType: "application/json; charset=utf-8", body, fields: {} };
}

export function answerText(status: number, body: string, contentType = "text/plain; charset=utf-8"): Answer {
  return { status, contentType, body, fields: {} };
}

/** A problem of RFC 9457. `more` are members of its own. */
export function refuse(
  status: number,
  detail: string,
  fields: Answer["fields"] = {},
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  const problem = { type: "about:blank", title: STATUS_CODES[status] ?? "", status, detail, ...more };
  const body = `${printableJson(JSON.stringify(problem))}\n`;
  return { status, contentType: "application/problem+json; charset=utf-8", body, fields };
}
