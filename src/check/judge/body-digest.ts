import { createHash } from "node:crypto";

/** SHA-256 of a request's body, hex: as a judge tells it, and as what was sent is held against it. Most requests have none, which costs nothing. */
export function bodyDigest(body: Buffer): string {
  return body.length === 0 ? OF_NOTHING : digest(body);
}

const OF_NOTHING = digest(Buffer.alloc(0));

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
