import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHostPort, type HostPort } from "../../src/core/address.ts";
import type { Exit, Target } from "../../src/core/route.ts";
import { planRequest } from "../../src/exchange/plan.ts";
import { afterHead, says, silence } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { dialLab, type LabConnection } from "../../src/lab/lab-connection.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { ask, proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";
import { startLabGateway } from "../gateway/lab-gateway.ts";

function exitOf(line: string): Exit {
  const { exits } = parseExitList(line, { scheme: "http", tags: {}, where: { file: "lab", line: 1 } });
  return exits[0] as Exit;
}

const site: Target = { scheme: "http", host: "site.lab", port: 80 };
const secureSite: Target = { scheme: "https", host: "site.lab", port: 443 };
const addresses = ["192.0.2.80"];

test("the key of an idle socket tells apart all that its bytes went through", () => {
  const exit = exitOf("http://alice:one@192.0.2.1:8080");
  const keys = [
    planRequest({ exit, target: site }, null, null),
    planRequest({ exit, target: site }, "cart1", null),
    planRequest({ exit, target: site }, "cart2", null),
    planRequest({ exit, target: site }, null, addresses), // a tunnel, since a policy looked at the address
    planRequest({ exit, target: secureSite }, null, null),
    planRequest({ exit, target: { ...secureSite, host: "other.lab" } }, null, null), // another name in TLS
    planRequest({ exit, target: { ...secureSite, port: 8443 } }, null, null),
    planRequest({ exit: exitOf("http://bob:one@192.0.2.1:8080"), target: site }, null, null),
    planRequest({ exit: exitOf("http://alice:two@192.0.2.1:8080"), target: site }, null, null), // after a reload
    planRequest({ exit: exitOf("http://alice:one@192.0.2.1:8080,http://192.0.2.2:8080"), target: site }, null, null),
    planRequest({ exit: null, target: site }, null, null),
    planRequest({ exit: null, target: secureSite }, null, null),
    planRequest({ exit: null, target: { ...site, host: "other.lab" } }, null, null),
  ].map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, keys.join("\n"));
});

test("an HTTP exit's socket serves every http target of the same session", () => {
  const exit = exitOf("192.0.2.1:8080");
  const key = (target: Target) => planRequest({ exit, target }, "cart1", null).key;
  assert.equal(key(site), key({ ...site, host: "other.lab" }));
});

test("clients share an idle socket to a target, and sessions do not share one to an exit", async () => {
  await using target = await startSite();
  await using direct = await startLabGateway();
  for (let i = 0; i < 3; i++) await ask(direct.address, get(target));
  assert.equal(target.accepted, 1);

  await using exit = await startHttpExit();
  await using lab = await startLabGateway({ exits: [`http://${formatHostPort(exit)} id=one`] });
  for (const session of ["a", "b", "a", "b"]) await ask(lab.address, get(target, login(`any-session-${session}`)));
  assert.equal(exit.accepted, 2);
});

test("a socket that carried NTLM belongs to its client connection and dies with it", async () => {
  await using target = await startSite();
  await using lab = await startLabGateway();
  const alice = await dialLab(lab.address);
  const ntlm = get(target, { Authorization: "NTLM TlRMTVNTUAAB" });
  for (let i = 0; i < 3; i++) await converse(alice, ntlm);
  assert.equal(target.accepted, 1, "her own requests go on over it");
  await ask(lab.address, get(target));
  assert.equal(target.accepted, 2, "another client's do not");
  alice.wire.destroy();
  await target.whenLeft(1);
});

test("so does one on which the target asked for Negotiate", async () => {
  const answer = formatAnswer(401, { "WWW-Authenticate": "Negotiate", Connection: "keep-alive" }, "who are you?\n");
  await using target = await startLabServer(afterHead(says(answer, afterHead(says(answer, silence)))));
  await using lab = await startLabGateway();
  const alice = await dialLab(lab.address);
  await converse(alice, get(target));
  await converse(alice, get(target));
  assert.equal(target.accepted, 1);
  await ask(lab.address, get(target));
  assert.equal(target.accepted, 2);
  alice.wire.destroy();
});

function get(to: HostPort, fields: Readonly<Record<string, string>> = {}): string {
  return proxyGet(`http://${formatHostPort(to)}/bytes/5`, fields);
}

function login(user: string): Record<string, string> {
  return { "Proxy-Authorization": `Basic ${Buffer.from(`${user}:x`).toString("base64")}` };
}

async function converse(peer: LabConnection, request: string): Promise<void> {
  await peer.send(request);
  await readAnswer(peer, "GET");
}
