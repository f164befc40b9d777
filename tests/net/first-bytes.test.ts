import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { ask } from "../../src/net/ask.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { Connection } from "../../src/net/connection.ts";
import { FIRST_BYTES_MAX, withFirstOf } from "../../src/net/first-bytes.ts";

const clock = { now: () => performance.now(), wall: () => Date.now() };

test("First bytes are the same however they are chunked, and have memory of their own.", () => {
  const sent = Uint8Array.from({ length: 100 }, (_, i) => i);
  for (const size of [1, 7, 63, 64, 65, 100]) {
    let first: Uint8Array = new Uint8Array(0);
    for (let at = 0; at < sent.length; at += size) first = withFirstOf(first, Buffer.from(sent.subarray(at, at + size)));
    assert.deepEqual(first, sent.slice(0, FIRST_BYTES_MAX));
    assert.equal(first.buffer.byteLength, FIRST_BYTES_MAX);
  }
});

for (const [what, sent] of [
  ["body", `HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${"x".repeat(20_000)}`],
  ["head", `HTTP/1.1 200 OK\r\nX: ${"y".repeat(200)}`],
] as const) {
  test(`Of an answer that ends in its ${what}, the first bytes are kept, and not the chunk that they came in.`, async () => {
    await using server = await startLabServer(async (peer) => {
      await peer.reader.peek(1);
      await peer.send(sent);
      await peer.end();
    });
    const opened = await connectTcp([server.host], server.port, { timeoutMs: 20_000, attemptDelayMs: 250, signal: null });
    assert.ok("socket" in opened);
    const asked = await ask(new Connection(opened.socket, opened.socket, opened.intake), "GET / HTTP/1.1\r\n\r\n", null, {
      ...{ limits: DEFAULTS.limits.message, tolerances: DEFAULTS.tolerances, clock, method: "GET", role: "exit", hop: 1, reused: false },
      ...{ timeoutMs: 20_000, bodyBytesMax: 40_000, rawBytesMax: 0 },
    });
    assert.ok(asked.kind === "failed");
    const { firstBytes, stage } = asked.failure.seen;
    assert.deepEqual([stage, Buffer.from(firstBytes).toString("latin1")], [what, sent.slice(0, 64)]);
    assert.equal(firstBytes.buffer.byteLength, 64);
  });
}
