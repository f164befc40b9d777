import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

/** So much may be asked for at once. */
const THROUGHPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Answers with `n` bytes that nothing can compress, for who wants to know how fast they come. */
export function sendBytes(n: string | null, response: ServerResponse): void {
  const asked = /^\d{1,9}$/.test(n ?? "") ? Number(n) : 0;
  let left = Math.min(asked, THROUGHPUT_BYTES_MAX);
  const fields = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store, no-transform", "Content-Length": left };
  response.writeHead(200, fields);
  const send = () => {
    while (left > 0) {
      const part = BLOCK.subarray(0, Math.min(left, BLOCK.length));
      left -= part.length;
      if (!response.write(part)) return;
    }
    response.off("drain", send).end();
  };
  response.on("drain", send);
  send();
}

const HASHES_PER_BLOCK_MAX = 2048; // 64 KiB
const BLOCK = Buffer.concat(
  Array.from({ length: HASHES_PER_BLOCK_MAX }, (_, i) => createHash("sha256").update(`goodgateway ${i}`).digest()),
);
