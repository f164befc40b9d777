import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { before, test } from "node:test";
import { createServer, type TlsOptions } from "node:tls";
import fc from "fast-check";
import { createSelfSigned } from "../../src/net/certificate.ts";
import { lookAtCertificate } from "../../src/wire/certificate-look.ts";
import { ClientHelloReader } from "../../src/wire/tls-record.ts";
import { inRecords } from "./client-hello-bytes.ts";
import { byteByByte, cut, play } from "./play.ts";

const IDENTITY = createSelfSigned({ names: ["site.example"] });
const DER = new X509Certificate(IDENTITY.cert).raw;
const RANDOM = new Uint8Array(32).fill(7);
const look = (serverName: string | null = "site.example") => lookAtCertificate({ serverName, alpn: ["http/1.1"], random: RANDOM });
/** What it sends. */
const HELLO = play(look(), []).sent;

/** All that a server says to the hello, until it is silent. */
async function answerOf(options: TlsOptions): Promise<Buffer> {
  const server = createServer({ ...IDENTITY, ...options }).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => {});
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(HELLO);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    socket.end(); // what a server answers to a hello it says at once
  });
  await once(socket, "close");
  server.close();
  return Buffer.concat(chunks);
}

let flight: Buffer = Buffer.alloc(0);
before(async () => {
  flight = await answerOf({});
});

test("The hello is one that servers know, with the name and the protocols.", () => {
  const reader = new ClientHelloReader();
  assert.equal(reader.push(HELLO), "complete");
  assert.equal(reader.serverName, "site.example");
  assert.deepEqual(reader.alpn, ["http/1.1"]);
  const unnamed = new ClientHelloReader();
  assert.equal(unnamed.push(play(look(null), []).sent), "complete");
  assert.equal(unnamed.serverName, null);
});

test("The certificate of a server is found, wherever its bytes are cut.", () => {
  assert.deepEqual(play(look(), [flight]).value, DER);
  assert.deepEqual(play(look(), byteByByte(flight)).value, DER);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 })), (lengths) => {
      assert.deepEqual(play(look(), cut(flight, lengths)).value, DER);
    }),
  );
});

test("It is found in any number of records, and with another message before it in the same one.", () => {
  const messages = messagesOf(flight);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 })), (lengths) => {
      assert.deepEqual(play(look(), [inRecords(messages, lengths)]).value, DER);
    }),
  );
});

test("A server that speaks TLS 1.3 alone gives none away, nor does one that speaks no TLS.", async () => {
  assert.equal(play(look(), [await answerOf({ minVersion: "TLSv1.3" })]).value, null);
  for (const text of ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\0\0\0\0\0\0"]) {
    const { value, waitsFor } = play(look(), [Buffer.from(text)]);
    assert.deepEqual([value, waitsFor], [null, null], text);
  }
});

test("Whatever bytes come, no more are asked for than a record has, and what does not add up is no certificate.", () => {
  fc.assert(
    fc.property(fc.nat({ max: flight.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const bytes = Buffer.from(flight);
      bytes[at] = byte;
      const { mostWanted, fault } = play(look(), [bytes], { fin: true });
      assert.ok(mostWanted <= 16384 + 2048);
      assert.equal(fault, null);
    }),
  );
  assert.equal(play(look(), [certificateMessage(Buffer.alloc(64), 0xffffff)]).value, null);
  for (const list of [
    [0, 0, 0],
    [0, 0, 3, 0, 0, 0],
    [0, 0, 4, 0, 0, 9, 1],
    [0, 0, 9, 0, 0, 1, 1],
  ]) {
    const { value, waitsFor } = play(look(), [certificateMessage(Buffer.from(list))]);
    assert.deepEqual([value, waitsFor], [null, null], list.join());
  }
  assert.deepEqual(play(look(), [certificateMessage(Buffer.of(0, 0, 4, 0, 0, 1, 9))]).value, Buffer.of(9));
});

/** As a server sends it, behind its ServerHello. */
function certificateMessage(body: Buffer, length: number = body.length): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  header[0] = 11;
  return inRecords(Buffer.concat([Buffer.of(2, 0, 0, 1, 0), header, body]));
}

/** Payloads of the records. */
function messagesOf(records: Buffer): Buffer {
  const payloads: Buffer[] = [];
  for (let at = 0; at + 5 <= records.length; at += 5 + records.readUInt16BE(at + 3)) {
    payloads.push(records.subarray(at + 5, at + 5 + records.readUInt16BE(at + 3)));
  }
  return Buffer.concat(payloads);
}
