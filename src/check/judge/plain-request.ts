import type { Received } from "./answer.ts";
import { bodyDigest } from "./body-digest.ts";
import type { JudgeField } from "./payload.ts";

/** A request that leaves no question open. */
export interface PlainRequest {
  readonly received: Received;
  /** The client wants the connection closed behind the answer. */
  readonly isLast: boolean;
}

/**
 * Reads a request as nearly all are that reach a judge: GET or POST of HTTP/1.1, whole and alone in what came, each field `Name: value`, with a
 * length or without a body. Null where anything else is said, for a complete parser to read: it would find the same in these.
 */
export function readPlainRequest(chunk: Buffer): PlainRequest | null {
  const headEnd = chunk.length <= HEAD_BYTES_MAX ? chunk.indexOf(HEAD_END) : -1;
  if (headEnd < 0) return null;
  const [line = "", ...lines] = chunk.toString("latin1", 0, headEnd).split("\r\n");
  const [, method = "", target = ""] = REQUEST_LINE.exec(line) ?? [];
  if (method === "" || lines.length > FIELDS_MAX) return null;
  const fields: JudgeField[] = [];
  let length = "";
  let connection = "";
  for (const text of lines) {
    const [, name = "", value = ""] = FIELD.exec(text) ?? [];
    if (name === "") return null;
    fields.push([name, value]);
    const lower = name.toLowerCase();
    if (OTHERS.has(lower)) return null;
    if (lower === "content-length") {
      if (length !== "" || !LENGTH.test(value)) return null;
      length = value;
    } else if (lower === "connection") {
      if (connection !== "") return null;
      connection = value.toLowerCase();
    }
  }
  if (connection !== "" && connection !== "close" && connection !== "keep-alive") return null;
  const body = chunk.subarray(headEnd + HEAD_END.length);
  if (body.length !== Number(length)) return null;
  const received = { method, target, httpVersion: "1.1", fields, bodyBytes: body.length, bodySha256: bodyDigest(body) };
  return { received, isLast: connection === "close" };
}

/** What a judge takes of a head, whoever reads it; of a plain request, its body included. */
export const HEAD_BYTES_MAX: number = 16 * 1024;
export const FIELDS_MAX = 200;
const HEAD_END = Buffer.from("\r\n\r\n");
/** With a path, or a whole URL, as proxies are asked. */
const REQUEST_LINE = /^(GET|POST) ((?:\/|https?:\/\/[\w.[])[\x21-\x7e]*) HTTP\/1\.1$/;
/** Without whitespace that would have to be taken off, or an empty value. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)$/;
const LENGTH = /^\d{1,5}$/;
/** What changes where a message ends, or what becomes of its connection. */
const OTHERS: ReadonlySet<string> = new Set(["transfer-encoding", "expect", "upgrade", "proxy-connection"]);
