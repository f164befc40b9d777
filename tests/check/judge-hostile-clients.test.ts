import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { startJudge } from "../../src/check/judge/judge.ts";
import { startLocalJudge } from "../../src/check/judge/local-judge.ts";
import { createJudgeKey } from "../../src/check/judge/signature.ts";

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

test("Those who come to stay keep nobody out, however few connections the system lets a judge have: the oldest gives way.", async () => {
  const listen = [{ host: "127.0.0.1", port: 0 }];
  await using judge = await startJudge({ listen, key: createJudgeKey(), identity: null, openFilesMax: 64 + 3 });
  const port = judge.addresses[0]?.port ?? 0;
  const stay = async (): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(REQUEST);
    await once(socket, "data"); // it was accepted
    return socket;
  };
  const oldest = await stay();
  const others = [await stay(), await stay()];
  const isClosed = once(oldest.resume(), "close");
  others.push(await stay());
  await isClosed;
  assert.ok(others.every(({ destroyed }) => !destroyed));
  for (const socket of others) socket.destroy();
});
