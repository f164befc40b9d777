import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHostPort, type HostPort } from "../../src/core/address.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { leavesAt, leavesInBody, readsLate } from "../../src/lab/bad-clients.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatHead } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, proxyGet } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";

const MANY_BYTES = "/bytes/50000000"; // more than all buffers on the way hold
const LOW_MS = 300;

function url(to: HostPort, path = "/"): string {
  return `http://${formatHostPort(to)}${path}`;
}

/** client -> gateway -> one exit that works -> target; the client does as it likes. */
async function overOneExit(leave: (gateway: HostPort) => Promise<unknown>, bodyIdle = 60_000): Promise<void> {
  await using exit = await startHttpExit();
  await using lab = await startLabGateway({ exits: [`http://${formatHostPort(exit)} id=one`], timeouts: { bodyIdle } });
  await leave(lab.address);
  await assertBlameless(lab);
}

async function assertBlameless(lab: LabGateway): Promise<void> {
  const { outcome, verdict } = await lab.nextRecord();
  assert.deepEqual([outcome, verdict?.culprit], ["aborted", "client"]);
  const [exit] = lab.gateway.pool.snapshot();
  assert.notEqual(exit?.state, "benched");
  assert.deepEqual([exit?.failures, exit?.lastFault, exit?.inFlight], [0, null, 0]);
}

test("a client that leaves before the answer leaves its exit blameless", async () => {
  await using target = await startLabServer(BAD_ANSWERS.silence);
  await overOneExit((gateway) => leavesAt(gateway, proxyGet(url(target)), () => target.whenAccepted(1)));
});

test("a client that leaves in the middle of its own body leaves its exit blameless", async () => {
  await using site = await startSite();
  const head = formatHead(`POST ${url(site, "/echo")} HTTP/1.1`, { Host: formatHostPort(site), "Content-Length": "1000" });
  await overOneExit((gateway) => leavesAt(gateway, `${head}half of it`, () => site.whenAccepted(1)));
});

test("a client that leaves in the middle of the answer leaves its exit blameless", async () => {
  await using site = await startSite();
  await overOneExit((gateway) => leavesInBody(gateway, proxyGet(url(site, MANY_BYTES))));
});

test("a client that does not read its answer leaves its exit blameless", async () => {
  await using site = await startSite();
  await overOneExit((gateway) => readsLate(gateway, proxyGet(url(site, MANY_BYTES)), () => site.whenLeft(1)), LOW_MS);
});

test("a client that leaves while its exit makes up its mind about a CONNECT leaves it blameless", async () => {
  await using exit = await startLabServer(BAD_ANSWERS.silence);
  await using lab = await startLabGateway({ exits: [`http://${formatHostPort(exit)} id=one`] });
  const connect = formatHead("CONNECT site.lab:443 HTTP/1.1", { Host: "site.lab:443" });
  await leavesAt(lab.address, connect, () => exit.whenAccepted(1));
  await assertBlameless(lab);
});

test("a client that resets its tunnel leaves its exit with a success", async () => {
  await using site = await startSite();
  await using exit = await startHttpExit();
  await using lab = await startLabGateway({ exits: [`http://${formatHostPort(exit)} id=one`] });
  const { peer } = await openConnect(lab.address, formatHostPort(site));
  await peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await peer.reader.take(1);
  peer.reset();
  await lab.nextRecord();
  const [snapshot] = lab.gateway.pool.snapshot();
  assert.deepEqual([snapshot?.state, snapshot?.successes, snapshot?.failures, snapshot?.inFlight], ["healthy", 1, 0, 0]);
});
