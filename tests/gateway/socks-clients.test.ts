import assert from "node:assert/strict";
import { test } from "node:test";
import { fin, says } from "../../src/lab/behaviours.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { dialClient, echo } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";

const portOf = ({ port }: { port: number }) => Buffer.of(port >> 8, port & 0xff);
const CONNECTED = Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);

for (const how of ["all in one segment, its first bytes for the target with it", "a byte per segment"]) {
  test(`a SOCKS5 client may send ${how}`, async () => {
    await using target = await startLabServer(echo);
    await using gateway = await startLabGateway({ listener: { users: [{ name: "lab", password: "right" }] } });
    using peer = await dialClient(gateway.address);
    const login = Buffer.concat([Buffer.of(1, 3), Buffer.from("lab"), Buffer.of(5), Buffer.from("right")]);
    const request = Buffer.concat([Buffer.of(5, 1, 0, 1, 127, 0, 0, 1), portOf(target)]);
    const wire = Buffer.concat([Buffer.of(5, 2, 0, 2), login, request, Buffer.from("ahead")]);
    if (how.startsWith("all")) await peer.send(wire);
    else for (const byte of wire) await peer.send(Buffer.of(byte));
    assert.equal((await peer.reader.take(2)).toString("hex"), "0502");
    assert.equal((await peer.reader.take(2)).toString("hex"), "0100");
    assert.deepEqual(await peer.reader.take(10), CONNECTED);
    assert.equal((await peer.reader.take(5)).toString(), "ahead");
  });
}

test("a SOCKS4 client may send all in one segment too, with an address or with a name", async () => {
  await using target = await startLabServer(echo);
  await using gateway = await startLabGateway();
  for (const rest of [Buffer.of(127, 0, 0, 1, 0), Buffer.concat([Buffer.of(0, 0, 0, 9), Buffer.from("user\0localhost\0")])]) {
    using peer = await dialClient(gateway.address);
    await peer.send(Buffer.concat([Buffer.of(4, 1), portOf(target), rest, Buffer.from("ahead")]));
    assert.equal((await peer.reader.take(8))[1], 90);
    assert.equal((await peer.reader.take(5)).toString(), "ahead");
  }
});

const REFUSED: Readonly<Record<string, readonly [sent: string, got: string]>> = {
  "BIND, which is not served": ["050100050200017f0000010050", "050005070001000000000000"],
  "UDP ASSOCIATE, which is not served": ["050100050300017f0000010050", "050005070001000000000000"],
  "an address of a kind that nobody knows": ["050100050100027f0000010050", "050005080001000000000000"],
  "methods of which none is known": ["05027f80", "05ff"],
  "SOCKS4's BIND": ["040200507f00000100", "005b000000000000"],
};

for (const [what, [sent, got]] of Object.entries(REFUSED)) {
  test(`a client that asks for ${what} is told so, and its connection closes`, async () => {
    await using gateway = await startLabGateway();
    using peer = await dialClient(gateway.address);
    await peer.send(Buffer.from(sent, "hex"));
    assert.equal((await peer.reader.rest()).toString("hex"), got);
    const { verdict, outcome } = await gateway.nextRecord();
    assert.equal(outcome, "failed");
    assert.equal(verdict?.culprit, "client");
  });
}

test("a SOCKS client that has nothing more to say than its request still hears what the target says", async () => {
  await using target = await startLabServer(says("220 ready\r\n", fin));
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(Buffer.concat([Buffer.from("05010005010001", "hex"), Buffer.of(127, 0, 0, 1), portOf(target)]));
  peer.stream.end();
  assert.equal((await peer.reader.rest()).subarray(12).toString(), "220 ready\r\n");
});

test("a SOCKS client that stops in the middle is left after timeouts.clientHead, one that closes at once", async () => {
  await using gateway = await startLabGateway({ timeouts: { clientHead: 200 } });
  using slow = await dialClient(gateway.address);
  await slow.send(Buffer.from("0501", "hex"));
  assert.equal((await slow.reader.rest()).length, 0);
  assert.equal((await gateway.nextRecord()).verdict?.fault, "client.request_timeout");
  using gone = await dialClient(gateway.address);
  await gone.send(Buffer.from("0501000501", "hex"));
  gone.stream.end();
  assert.equal((await gone.reader.rest()).toString("hex"), "0500");
  assert.equal((await gateway.nextRecord()).verdict?.fault, "client.bad_request");
});

test("a name beyond what DNS allows, and one with bytes that no name has, is a bad request", async () => {
  await using gateway = await startLabGateway();
  for (const name of [Buffer.from("a b.lab"), Buffer.from("user@site.lab"), Buffer.of(0x61, 0, 0x62), Buffer.from("x".repeat(255))]) {
    using peer = await dialClient(gateway.address);
    await peer.send(Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0, 3, name.length), name, Buffer.of(0, 80)]));
    const reply = await peer.reader.rest();
    assert.equal(reply.subarray(0, 2).toString("hex"), "0500");
    assert.notEqual(reply[3], 0);
    assert.equal((await gateway.nextRecord()).verdict?.culprit, "client");
  }
});
