import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";

const REQUEST = "GET /?id=1 HTTP/1.1\r\nHost: judge.test\r\n\r\n";

test("A few requests are answered that come at once; who asks for hundreds before reading one is closed.", async () => {
  const { judge, address } = await startLocalJudge();
  await using _ = judge;
  const port = Number(address.url.port);
  const several = connect(port, "127.0.0.1");
  several.end(REQUEST.repeat(5));
  const answers = Buffer.concat(await several.toArray()).toString("latin1");
  assert.equal(answers.split("HTTP/1.1 200 OK").length - 1, 5);

  const greedy = connect(port, "127.0.0.1");
  greedy.on("error", () => {});
  greedy.write(REQUEST.repeat(500));
  let text = "";
  greedy.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  await once(greedy, "close");
  assert.ok(text.split("HTTP/1.1 200 OK").length - 1 <= 8);
});
