import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import { createSelfSigned } from "../../src/net/certificate.ts";
import { listen } from "../../src/net/listen.ts";
import { readShared, SHARED, SHARED_READS, streamShared } from "../../src/net/shared-reads.ts";

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

test("an accepted socket that reads into the shared buffer is a stream: it can be paused, pushed back to, and holds its peer back", async () => {
  const size = 8 * 1024 * 1024;
  const { promise: whenAccepted, resolve } = Promise.withResolvers<Socket>();
  await using listening = await listen({ host: "127.0.0.1", port: 0 }, (socket) => {
    streamShared(socket);
    resolve(socket);
  });
  const client = connect(listening.address.port, listening.address.host);
  const socket = await whenAccepted;
  client.write("first");
  const [first] = (await once(socket, "data")) as [Buffer];
  assert.equal(String(first), "first");
  assert.notEqual(first.buffer, SHARED.buffer);
  socket.pause();
  socket.unshift(first);
  const sent = Buffer.from(Uint32Array.from({ length: size / 4 }, (_, index) => index * 31).buffer);
  client.end(sent);
  while (socket.readableLength < SHARED.length) {
    socket.read(0);
    await new Promise((later) => setImmediate(later));
  }
  assert.ok(socket.readableLength < 1024 * 1024, `${socket.readableLength} bytes were read of which nobody wanted one`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
    await new Promise((later) => setImmediate(later));
  }
  assert.ok(Buffer.concat(chunks).equals(Buffer.concat([first, sent])));
  for (const one of [client, socket]) one.destroy();
});

test("whoever reads last has the socket's chunks, and what is given back is a stream again", async () => {
  const { promise: whenAccepted, resolve } = Promise.withResolvers<Socket>();
  await using listening = await listen({ host: "127.0.0.1", port: 0 }, resolve);
  const client = connect(listening.address.port, listening.address.host);
  const socket = await whenAccepted;
  const read = (begin: (receive: (chunk: Buffer) => void) => void) => new Promise<string>((told) => begin((chunk) => told(String(chunk))));
  const former = read((receive) => SHARED_READS.connect(socket.resume(), receive));
  client.write("former");
  assert.equal(await former, "former");
  const latter = read((receive) => SHARED_READS.connect(socket, receive));
  client.write("latter");
  assert.equal(await latter, "latter");
  SHARED_READS.giveBack(socket);
  const last = read((receive) => socket.once("data", receive));
  client.write("last");
  assert.equal(await last, "last");
  for (const one of [client, socket]) one.destroy();
});

test("TLS takes over a socket that has read into the shared buffer: megabytes pass, however slowly they are read", async () => {
  const secureContext = createSecureContext(createSelfSigned({ names: ["site.lab"] }));
  const sent = Buffer.from(Uint32Array.from({ length: 750_000 }, (_, index) => index * 31).buffer);
  const sockets: Socket[] = [];
  await using listening = await listen({ host: "127.0.0.1", port: 0 }, (socket) => {
    sockets.push(socket);
    SHARED_READS.connect(socket, (hello) => {
      SHARED_READS.giveBack(socket);
      socket.pause();
      socket.unshift(hello);
      const tls = new TLSSocket(socket, { isServer: true, secureContext });
      tls.on("data", (chunk) => {
        if (tls.write(chunk)) return;
        tls.pause();
        tls.once("drain", () => tls.resume());
      });
      tls.once("end", () => tls.end());
    });
    socket.resume();
  });
  const client = connectTls({ port: listening.address.port, host: listening.address.host, rejectUnauthorized: false });
  client.allowHalfOpen = true;
  await once(client, "secureConnect");
  client.end(sent);
  const chunks: Buffer[] = [];
  for await (const chunk of client) {
    chunks.push(chunk);
    await new Promise((later) => setImmediate(later));
  }
  assert.ok(Buffer.concat(chunks).equals(sent));
  for (const one of [client, ...sockets]) one.destroy();
});
