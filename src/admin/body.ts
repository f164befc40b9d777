import type { IncomingMessage } from "node:http";
import { type Answer, refuse } from "./answer.ts";

/** About 50,000 exits. */
const BODY_BYTES_MAX: number = 4 * 1024 * 1024;

/** What a request that changes something brings along. */
export interface Body {
  /** Media type in lower case, without parameters; empty where there is no body. */
  readonly type: string;
  readonly text: string;
}

/** Reads a request's body; an answer where it is too large or no text. */
export async function readBody(request: IncomingMessage): Promise<Body | { readonly refused: Answer }> {
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return { refused: tooLarge() };
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not close the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return { refused: tooLarge() };
    chunks.push(chunk as Buffer);
  }
  if (bytes === 0) return { type: "", text: "" };
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
    return { type: type.trim().toLowerCase(), text };
  } catch {
    return { refused: refuse(400, "the body is not UTF-8") };
  }
}

/** The rest of the body is not read: the connection ends. */
function tooLarge(): Answer {
  const detail = `the body is larger than ${BODY_BYTES_MAX} bytes; send it in several requests, or give the list as a file or URL in the config`;
  return refuse(413, detail, { Connection: "close" });
}
