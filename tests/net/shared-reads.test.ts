import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { listen } from "../../src/net/listen.ts";
import { readShared, SHARED_READS } from "../../src/net/shared-reads.ts";

test("an accepted socket reads into the shared buffer, and its owner gets copies that later reads leave alone", async () => {
  const chunks: Buffer[] = [];
  let accepted = false;
  let ended = () => {};
  const whenEnded = new Promise<void>((resolve) => {
    ended = resolve;
  });
  await using listening = await listen({ host: "127.0.0.1", port: 0 }, (socket) => {
    accepted = readShared(socket, (chunk) => {
      chunks.push(chunk);
      socket.write("next");
    });
    socket.on("end", () => {
      socket.end();
      ended();
    });
    socket.resume();
  });
  const client = connect(listening.address.port, listening.address.host);
  for (const text of ["first", "again"]) {
    client.write(text);
    await once(client, "data");
  }
  client.end();
  await whenEnded;
  assert.equal(accepted, true, "this Node has other fields: data comes as events, and costs more");
  assert.deepEqual(chunks.map(String), ["first", "again"]);
});

test("a socket that has no such fields is read by data events", () => {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const chunks: string[] = [];
  assert.equal(
    readShared(stream as Socket, () => {}),
    false,
  );
  SHARED_READS.connect(stream as Socket, (chunk) => chunks.push(String(chunk)));
  stream.emit("data", Buffer.from("as ever"));
  assert.deepEqual(chunks, ["as ever"]);
});
