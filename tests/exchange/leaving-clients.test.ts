import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { readHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { dialClient } from "../gateway/client.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";

/** The record blames the client, and no exit has lost anything: neither its good name nor a lease. */
function assertClients(gateway: LabGateway, record: ExchangeRecord, fault: string): void {
  assert.equal(record.verdict?.fault, fault);
  assert.equal(record.verdict?.culprit, "client");
  assert.equal(record.outcome, "aborted");
  for (const exit of gateway.gateway.pool.snapshot()) {
    assert.equal(exit.inFlight, 0);
    assert.equal(exit.failures, 0);
    assert.notEqual(exit.state, "benched");
  }
}

/** Waits until the hop's side of an exchange has gone too. */
const goneWhenLeft = async (peer: LabConnection): Promise<void> => {
  await peer.skip();
  peer.stream.end();
};

for (const leave of ["RST", "FIN"] as const) {
  const go = (peer: LabConnection): void => {
    if (leave === "RST") peer.reset();
    else peer.stream.end();
  };

  test(`a client that leaves by ${leave} while it waits ends its exchange, and the hop's socket with it`, async () => {
    await using exit = await startLabServer(goneWhenLeft);
    await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], timeouts: { clientGone: 200 } });
    using peer = await dialClient(gateway.address);
    await peer.send(proxyGet("http://site.lab/"));
    await exit.whenAccepted(1);
    go(peer);
    assertClients(gateway, await gateway.nextRecord(), "client.closed_waiting");
    await exit.whenLeft(1);
  });

  test(`a client that leaves by ${leave} in the middle of its body ends its exchange`, async () => {
    await using exit = await startLabServer(goneWhenLeft);
    await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
    using peer = await dialClient(gateway.address);
    await peer.send("POST http://site.lab/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
    await exit.whenAccepted(1);
    go(peer);
    assertClients(gateway, await gateway.nextRecord(), "client.closed_during_request");
    await exit.whenLeft(1);
  });

  test(`a client that leaves by ${leave} while an exit is dialled ends its exchange`, async () => {
    await using exit = await startLabServer(goneWhenLeft);
    await using gateway = await startLabGateway({ exits: [`socks5h://${exit.host}:${exit.port}`], timeouts: { clientGone: 200 } });
    using peer = await dialClient(gateway.address);
    await peer.send("CONNECT site.lab:443 HTTP/1.1\r\nHost: x\r\n\r\n");
    await exit.whenAccepted(1);
    go(peer);
    assertClients(gateway, await gateway.nextRecord(), "client.closed_waiting");
    await exit.whenLeft(1);
  });

  test(`a SOCKS client that leaves by ${leave} while its tunnel is opened is nobody else's fault`, async () => {
    await using slow = await startLabServer(goneWhenLeft);
    await using gateway = await startLabGateway({ exits: [`socks5h://${slow.host}:${slow.port}`], timeouts: { clientGone: 200 } });
    using peer = await dialClient(gateway.address);
    await peer.send(Buffer.from("050100", "hex"));
    await peer.reader.take(2);
    await peer.send(Buffer.from("05010001010101010050", "hex"));
    await slow.whenAccepted(1);
    go(peer);
    assertClients(gateway, await gateway.nextRecord(), "client.closed_waiting");
    await slow.whenLeft(1);
  });
}

test("a client that leaves in the middle of the answer ends its exchange", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(site, "/bytes/50000000")));
  await peer.reader.until("\r\n\r\n");
  peer.reset();
  assertClients(gateway, await gateway.nextRecord(), "client.closed_during_response");
  await exit.whenLeft(1);
});

test("a client that stops reading is let go after timeouts.bodyIdle", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], timeouts: { bodyIdle: 300 } });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(site, "/bytes/50000000")));
  assertClients(gateway, await gateway.nextRecord(), "client.slow_reader");
  await exit.whenLeft(1);
  assert.notEqual((await readAnswer(peer, "GET")).ending, "complete");
});

test("a client that reads slowly, but reads, gets all of it", async () => {
  await using site = await startSite();
  await using gateway = await startLabGateway({ timeouts: { bodyIdle: 300 } });
  using peer = await dialClient(gateway.address);
  const size = 6_000_000;
  await peer.send(proxyGet(urlOf(site, `/bytes/${size}`)));
  await readHead(peer.reader);
  for (let left = size; left > 0; ) {
    const piece = (await peer.reader.next()) ?? assert.fail("the answer broke off");
    left -= piece.length;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("a client that leaves while an error's page is looked at ends its exchange, though the rest never comes", async () => {
  for (const status of [404, 502]) {
    await using exit = await startLabServer(async (peer) => {
      await readHead(peer.reader);
      await peer.send(`HTTP/1.1 ${status} Lab\r\nContent-Length: 1000\r\n\r\nthe start of a page`);
      await goneWhenLeft(peer);
    });
    await using gateway = await startLabGateway({
      exits: [`http://${exit.host}:${exit.port}`],
      timeouts: { evidence: 300, bodyIdle: 60_000 },
    });
    using peer = await dialClient(gateway.address);
    await peer.send(proxyGet("http://site.lab/"));
    await exit.whenAccepted(1);
    await new Promise((resolve) => setTimeout(resolve, 100)); // within timeouts.evidence
    peer.reset();
    const record = await gateway.nextRecord();
    assert.equal(record.verdict?.culprit, "client");
    assert.equal(record.outcome, "aborted");
    await exit.whenLeft(1);
    assert.equal(gateway.gateway.pool.snapshot()[0]?.inFlight, 0);
  }
});

test("a body that turns out malformed while its answer is on its way is the client's own fault", async () => {
  await using exit = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nearly");
    await goneWhenLeft(peer);
  });
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`] });
  using peer = await dialClient(gateway.address);
  await peer.send("POST http://site.lab/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  await peer.reader.until("\r\n\r\n");
  await peer.send("zz\r\n");
  assert.notEqual((await readAnswer(peer, "POST")).ending, "complete");
  const { verdict } = await gateway.nextRecord();
  assert.equal(verdict?.culprit, "client");
  assert.match(verdict?.fault ?? "", /^client\.(bad_request|smuggling_suspect)$/);
  await exit.whenLeft(1);
});

test("a client that leaves between two tries ends its exchange at once", async () => {
  const answered = Promise.withResolvers<void>();
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await peer.send("HTTP/1.1 503 Busy\r\nRetry-After: 15\r\nContent-Length: 0\r\n\r\n");
    answered.resolve();
    await goneWhenLeft(peer);
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(urlOf(target)));
  await answered.promise;
  peer.reset();
  const record = await gateway.nextRecord();
  assert.equal(record.verdict?.culprit, "client");
  assert.ok(record.ms < 10_000);
});
