import { fieldValue, type RequestHead } from "../../core/message.ts";

/** True for the methods of RFC 9110 9.2.2, and the safe ones of WebDAV and of QUERY. Methods are case-sensitive. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** True where a request may be sent twice: its method says so, or its client does with an `Idempotency-Key`. */
export function isRepeatable(head: RequestHead): boolean {
  return isIdempotent(head.method) || fieldValue(head.fields, "idempotency-key") !== null;
}

const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
  "PROPFIND",
  "REPORT",
  "SEARCH",
  "QUERY",
]);
