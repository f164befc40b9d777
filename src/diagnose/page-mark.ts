import { createHash } from "node:crypto";
import { fieldValue, type RawFields } from "../core/message.ts";
import { withoutControls } from "../core/printable.ts";

/** By what a page is known again that changes a little from one time to the next. */
export interface PageMark {
  /** Of HTML; null: it has none. */
  readonly title: string | null;
  /** The product in `Server`, less its version; null: not told. */
  readonly server: string | null;
  /** Of the body, as far as it was read; null: there is none. */
  readonly digest: string | null;
  /** The Squid that made it, as its page names itself: `Squid at cache-1`; null: another did. */
  readonly maker: string | null;
}

/** Its attributes have a bound: a page of beginnings of titles would be looked through again and again. */
const TITLE = /<title[^<>]{0,200}>([^<]+)/i;
const TITLE_CHARS_MAX = 80;
const TITLE_WITHIN_BYTES = 16 * 1024;

/** @param body decompressed */
export function markOf(fields: RawFields, body: Uint8Array): PageMark {
  const start = Buffer.from(body.subarray(0, TITLE_WITHIN_BYTES)).toString("utf8");
  const title = withoutControls((TITLE.exec(start)?.[1] ?? "").replace(/\s+/g, " ").trim()).slice(0, TITLE_CHARS_MAX);
  const squid = /Generated [^\n]{1,60} by ([\w.-]{1,255}) \(squid/.exec(Buffer.from(body).toString("latin1"))?.[1];
  const server = fieldValue(fields, "server")?.toLowerCase().split(/[/ (]/)[0] ?? null;
  const digest = body.byteLength === 0 ? null : createHash("sha256").update(body).digest("base64");
  return { title: title === "" ? null : title, server, digest, maker: squid === undefined ? null : `Squid at ${squid}` };
}
