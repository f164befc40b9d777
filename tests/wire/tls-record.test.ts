import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ALERT_NAMES, ClientHelloReader, classifyServerBytes } from "../../src/wire/tls-record.ts";
import { helloMessage, helloOfNode, inRecords } from "./client-hello-bytes.ts";
import { byteByByte, cut } from "./play.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** The last word on the chunks, and the reader. */
function read(chunks: readonly Uint8Array[], limitBytes?: number) {
  const reader = new ClientHelloReader(limitBytes);
  const words = chunks.map((chunk) => reader.push(Buffer.from(chunk)));
  return { reader, word: words.at(-1), words };
}

test("finds a ClientHello of Node's own client complete, with its server name and protocols", async () => {
  const bytes = await helloOfNode("site.example", ["h2", "http/1.1"]);
  const { reader, words } = read(byteByByte(bytes));
  assert.equal(words.at(-1), "complete");
  assert.ok(words.slice(0, -1).every((word) => word === "more"));
  assert.equal(reader.serverName, "site.example");
  assert.deepEqual(reader.alpn, ["h2", "http/1.1"]);
  assert.equal(reader.earlyData, false);
  assert.deepEqual(reader.bytes, bytes);
});

test("finds it complete over any number of records, one byte each included", () => {
  const message = helloMessage({ serverName: "Site.Example", alpn: ["h2"] });
  for (const lengths of [[], [1], [3, 1], new Array(message.length).fill(1), [100]]) {
    const bytes = inRecords(message, lengths);
    const { reader, word } = read([bytes]);
    assert.equal(word, "complete");
    assert.equal(reader.serverName, "site.example");
    assert.deepEqual(reader.bytes, bytes);
  }
});

test("is complete without any extension, and then knows no name", () => {
  const { reader, word } = read([inRecords(helloMessage())]);
  assert.deepEqual([word, reader.serverName, reader.alpn], ["complete", null, []]);
  const bare = hex(`01 000029 0303 ${"07".repeat(32)} 00 0002 1301 01 00`);
  assert.equal(read([inRecords(bare)]).word, "complete");
});

test("calls any byte behind it other, in the same record, in another, in the same chunk or later", () => {
  const hello = helloMessage({ serverName: "a" });
  for (const bytes of [inRecords(Buffer.concat([hello, Buffer.of(1)])), Buffer.concat([inRecords(hello), hex("14 0303 0001 01")])]) {
    assert.equal(read([bytes]).word, "other");
    assert.equal(read(byteByByte(bytes)).word, "other");
  }
  const { words, reader } = read([inRecords(hello), Buffer.of(20)]);
  assert.deepEqual(words, ["complete", "other"]);
  assert.deepEqual(reader.bytes, inRecords(hello));
});

test("never calls a ClientHello with early data complete", () => {
  const { word, reader } = read([inRecords(helloMessage({ serverName: "a", earlyData: true }))]);
  assert.deepEqual([word, reader.earlyData], ["other", true]);
});

test("calls another protocol other at the first byte that cannot be TLS", () => {
  const firstOther = (bytes: Buffer) => read(byteByByte(bytes)).words.indexOf("other");
  assert.equal(firstOther(Buffer.from("GET / HTTP/1.1")), 0);
  assert.equal(firstOther(hex("17 0303 0010 00")), 0);
  assert.equal(firstOther(hex("16 04 01 0010")), 1);
  assert.equal(firstOther(hex("16 03 05 0010")), 2);
  assert.equal(firstOther(hex("16 03 01 0000")), 4);
  assert.equal(firstOther(hex("16 03 01 0010 02")), 5); // a ServerHello
});

test("calls a hello whose lengths do not add up other", () => {
  const message = helloMessage({ serverName: "site.example" });
  for (const at of [38, 71, 75, 78, 82, 84]) {
    const broken = Buffer.from(message);
    broken[at] = 0xee;
    assert.equal(read([inRecords(broken)]).word, "other", `at ${at}`);
  }
});

test("takes no name that is not printable", () => {
  const { word, reader } = read([inRecords(helloMessage({ serverName: "a\r\nb" }))]);
  assert.deepEqual([word, reader.serverName], ["complete", null]);
});

test("keeps at most its limit, and calls what is larger other", () => {
  const large = inRecords(helloMessage({ serverName: "a", padding: 5000 }), [2000]);
  assert.equal(read([large]).word, "complete");
  assert.equal(read([large], large.length).word, "complete");
  for (const chunks of [[large], byteByByte(large), cut(large, [1000, 3000])]) {
    const { word, reader } = read(chunks, large.length - 1);
    assert.equal(word, "other");
    assert.ok(reader.bytes.length < large.length);
  }
});

test("says of an empty chunk what was so far", () => {
  const reader = new ClientHelloReader();
  assert.equal(reader.push(Buffer.alloc(0)), "more");
  assert.equal(reader.push(inRecords(helloMessage())), "complete");
  assert.equal(reader.push(Buffer.alloc(0)), "complete");
});

test("comes to the same word for every chunking of any bytes", () => {
  const someHello = fc
    .record({
      serverName: fc.domain(),
      alpn: fc.array(fc.constantFrom("h2", "http/1.1"), { maxLength: 2 }),
      earlyData: fc.boolean(),
      padding: fc.nat(300),
      records: fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 6 }),
      damage: fc.option(fc.tuple(fc.nat(200), fc.nat(255))),
      behind: fc.constantFrom("", "", "", "16", "140303000101"),
    })
    .map(({ records, damage, behind, ...options }) => {
      const bytes = Buffer.concat([inRecords(helloMessage(options), records), hex(behind)]);
      if (damage !== null) bytes[damage[0] % bytes.length] = damage[1];
      return bytes;
    });
  const anyBytes = fc.oneof(someHello, fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(anyBytes, fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12 }), (bytes, lengths) => {
      const whole = read([bytes]);
      const other = read(cut(bytes, lengths));
      if (bytes.length > 0) assert.equal(other.word, whole.word);
      if (whole.word !== "other") assert.deepEqual(other.reader.bytes, whole.reader.bytes);
      if (whole.word === "complete") assert.equal(other.reader.serverName, whole.reader.serverName);
    }),
    { numRuns: 300 },
  );
});

test("classifies what a server sends first", () => {
  assert.deepEqual(classifyServerBytes(hex("16 0303 004a 02")), { kind: "handshake" });
  assert.deepEqual(classifyServerBytes(hex("15 0303 0002 0270")), { kind: "alert", alert: { level: 2, code: 112 } });
  assert.deepEqual(classifyServerBytes(hex("15 0303 0013 0000")), { kind: "alert" });
  assert.deepEqual(classifyServerBytes(hex("14 0303 0001 01")), { kind: "other-record" });
  assert.deepEqual(classifyServerBytes(hex("17 0303 0020")), { kind: "other-record" });
  assert.equal(ALERT_NAMES[112], "unrecognized_name");
});

test("tells what is no TLS at its first byte that cannot be, and asks for more until then", () => {
  for (const text of ["HTTP/1.1 200 OK", "\x18\x03\x03", "\x00"]) {
    assert.equal(classifyServerBytes(Buffer.from(text, "latin1").subarray(0, 1)).kind, "not-tls");
  }
  for (const bytes of ["", "16", "16 03", "16 03 03", "16 03 03 00", "15 03 03 00 02", "15 03 03 00 02 02"]) {
    assert.equal(classifyServerBytes(hex(bytes)).kind, "more", bytes);
  }
  for (const bytes of ["16 02", "16 03 05", "16 03 03 00 00", "16 03 03 ff ff"])
    assert.equal(classifyServerBytes(hex(bytes)).kind, "not-tls", bytes);
});

test("never changes its mind about a server with more bytes", () => {
  const start = fc.constantFrom("", "16", "1603", "150303", "1503030002", "140303");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 10 }), fc.nat(12), (prefix, rest, length) => {
      const bytes = Buffer.concat([hex(prefix), rest]);
      const early = classifyServerBytes(bytes.subarray(0, length));
      if (early.kind !== "more") assert.deepEqual(classifyServerBytes(bytes), early);
      if (bytes.length >= 7) assert.notEqual(classifyServerBytes(bytes).kind, "more");
    }),
    { numRuns: 300 },
  );
});
