import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { type Answered, ask } from "../../src/net/ask.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { Connection } from "../../src/net/connection.ts";

const clock = { now: () => performance.now(), wall: () => Date.now() };
const REQUEST = "GET / HTTP/1.1\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function askOn(connection: Connection, reused: boolean): Promise<Answered> {
  const asked = await ask(connection, REQUEST, null, {
    ...{ limits: DEFAULTS.limits.message, tolerances: DEFAULTS.tolerances, clock, method: "GET", role: "exit", hop: 1, reused },
    ...{ timeoutMs: 20_000, bodyBytesMax: 100, rawBytesMax: 0 },
  });
  assert.ok(asked.kind === "answered", JSON.stringify(asked));
  return asked;
}

/** What comes back of two requests over one connection, or of one where it is not kept. */
async function askTwice(answer: string): Promise<Answered[]> {
  await using server = await startLabServer(async (peer) => {
    for (let i = 0; i < 2; i++) {
      await peer.reader.take(REQUEST.length);
      await peer.send(answer);
    }
    await peer.end();
  });
  const opened = await connectTcp([server.host], server.port, { timeoutMs: 20_000, attemptDelayMs: 250, signal: null });
  assert.ok("socket" in opened);
  const first = await askOn(new Connection(opened.socket, opened.socket, opened.intake), false);
  if (first.connection === null) return [first];
  const second = await askOn(first.connection, true);
  second.connection?.destroy();
  return [first, second];
}

test("Empty lines behind an answer are no excess, and the next answer comes over the same connection.", async () => {
  for (const answer of [ANSWER, `${ANSWER}\r\n`, `${ANSWER}\r\n\r\n`]) {
    const answers = await askTwice(answer);
    const told = answers.map(({ response }) => [response.body.toString(), response.hasExcess]);
    assert.deepEqual(told, Array(2).fill(["ok", false]));
  }
});

test("Anything else behind an answer is excess, and ends the connection.", async () => {
  for (const more of ["x", "\r\nx", "\r", "\n", "\r\n\r", " \r\n", ANSWER]) {
    const answers = await askTwice(ANSWER + more);
    const told = answers.map(({ response }) => [response.body.toString(), response.hasExcess]);
    assert.deepEqual(told, [["ok", true]], JSON.stringify(more));
  }
});
