import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import type { AdminSettings } from "../../src/core/settings.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, echo, exchange, openTunnel } from "./client.ts";
import { type LabGateway, parseExits, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const ADMIN: AdminSettings = { host: "127.0.0.1", port: 0, token: null };
const OURS = { "X-Goodgateway": "1" };

async function operate({ gateway }: LabGateway, method: string, path: string, body = "", headers: Record<string, string> = OURS) {
  const to = { host: "127.0.0.1", port: gateway.adminAddress?.port ?? 0, path, method, agent: false };
  const sent = request({ ...to, headers: { "Content-Type": "text/plain", ...headers } }).end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode as number, body: text.startsWith("{") ? JSON.parse(text) : text };
}

function idsOf({ gateway }: LabGateway): string[] {
  return gateway.pool.snapshot().map(({ id }) => id);
}

test("an exit that is added takes traffic at once, and one line of the log says who added it", async () => {
  await using exit = await startRawTarget(() => ok("through it"));
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1 id=dead"], admin: ADMIN });
  const { status, body } = await operate(gateway, "POST", "/api/exits", `http://${exit.host}:${exit.port} id=added\n`);
  assert.deepEqual([status, body], [200, { added: ["added"], known: [], errors: [] }]);
  using peer = await dialClient(gateway.address);
  const answer = await exchange(peer, proxyGet("http://site.lab/", basic("x-exit-added:")));
  assert.equal(answer.body.toString(), "through it");
  const lines = gateway.lines.filter((line) => line.includes("added"));
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0] ?? "", /Z operator \(loopback\) added 1 exit \(added\)$/);
});

test("what is in flight over an exit runs on while it is drained, benched and removed", async () => {
  await using site = await startLabServer(echo);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1 id=other"], admin: ADMIN });
  await operate(gateway, "POST", "/api/exits", `http://${exit.host}:${exit.port} id=mine`);
  await operate(gateway, "POST", "/api/exits/other/drain");
  using tunnel = await openTunnel(gateway.address, site);
  const stillOpen = async (text: string) => {
    await tunnel.send(text);
    assert.equal((await tunnel.reader.take(text.length)).toString(), text);
  };
  await stillOpen("before");
  await operate(gateway, "POST", "/api/exits/mine/drain");
  await stillOpen("drained");
  assert.equal((await operate(gateway, "GET", "/api/exits/mine")).body.tunnels, 1);
  using refused = await dialClient(gateway.address);
  const answer = await exchange(refused, `CONNECT ${site.host}:${site.port} HTTP/1.1\r\nHost: x\r\n\r\n`, "CONNECT");
  assert.match(fieldValue(answer.fields, "proxy-status") ?? "", /fault=gateway\.no_exit/);
  assert.match(answer.body.toString(), /an operator has taken out all 2 exits/);
  await operate(gateway, "POST", "/api/exits/mine/bench?for=1h");
  await stillOpen("benched");
  assert.equal((await operate(gateway, "DELETE", "/api/exits/mine")).status, 200);
  assert.deepEqual(idsOf(gateway), ["other"]);
  await stillOpen("removed");
  tunnel.stream.end();
  await tunnel.reader.rest();
  assert.equal((await gateway.nextRecord()).outcome, "failed");
  assert.equal((await gateway.nextRecord()).outcome, "ok");
});

test("an exit that drains shows when its last tunnel has gone", async () => {
  await using site = await startLabServer(echo);
  await using exit = await startHttpExit();
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port} id=mine`], admin: ADMIN });
  using tunnel = await openTunnel(gateway.address, site);
  await tunnel.send("x");
  await tunnel.reader.take(1);
  const { body } = await operate(gateway, "POST", "/api/exits/mine/drain");
  assert.deepEqual([body.draining, body.inFlight, body.tunnels], [true, 0, 1]);
  tunnel.stream.end();
  await gateway.nextRecord();
  const after = (await operate(gateway, "GET", "/api/exits/mine")).body;
  assert.deepEqual([after.inFlight, after.tunnels], [0, 0]);
});

test("an answer that is under way over an exit comes whole though the exit is removed", async () => {
  const gate = Promise.withResolvers<void>();
  await using exit = await startRawTarget(async (_request, peer) => {
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    await gate.promise;
    return "other";
  });
  await using gateway = await startLabGateway({ exits: [], exchange: { direct: "never" }, admin: ADMIN });
  await operate(gateway, "POST", "/api/exits", `http://${exit.host}:${exit.port} id=mine`);
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet("http://site.lab/"));
  await exit.whenAccepted(1);
  await operate(gateway, "DELETE", "/api/exits/mine");
  assert.deepEqual(idsOf(gateway), []);
  gate.resolve();
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "firstother");
});

test("added exits and what operators said of exits outlive a reload of the config", async () => {
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1 id=a"], admin: ADMIN });
  await operate(gateway, "POST", "/api/exits", "http://127.0.0.1:2 id=b");
  await operate(gateway, "POST", "/api/exits/a/drain");
  const exits = parseExits(["http://127.0.0.1:1 id=a country=de", "http://127.0.0.1:3 id=c"]);
  await gateway.gateway.reload({ ...gateway.config, sources: [{ kind: "inline", exits }] });
  assert.deepEqual(idsOf(gateway), ["a", "c", "b"]);
  assert.deepEqual([gateway.gateway.pool.find("a")?.draining, gateway.gateway.pool.find("a")?.tags], [true, { country: "de" }]);
  assert.equal((await operate(gateway, "DELETE", "/api/exits/c")).status, 409);
});

test("a reload changes the admin token for requests from then on", async () => {
  await using gateway = await startLabGateway({ admin: { ...ADMIN, token: "one" } });
  const statusFor = async (token: string) => (await operate(gateway, "GET", "/healthz", "", { Authorization: `Bearer ${token}` })).status;
  assert.deepEqual([await statusFor("one"), await statusFor("two")], [200, 401]);
  await gateway.gateway.reload({ ...gateway.config, admin: { ...ADMIN, token: "two" } });
  assert.deepEqual([await statusFor("one"), await statusFor("two")], [401, 200]);
});

test("a reload moves the admin listener, closes it and opens it", async () => {
  await using gateway = await startLabGateway({ admin: ADMIN });
  const before = gateway.gateway.adminAddress?.port;
  await gateway.gateway.reload({ ...gateway.config, admin: null });
  assert.equal(gateway.gateway.adminAddress, null);
  await assert.rejects(fetch(`http://127.0.0.1:${before}/healthz`));
  await gateway.gateway.reload({ ...gateway.config, admin: { ...ADMIN, host: "localhost" } });
  assert.equal((await operate(gateway, "GET", "/readyz")).status, 200);
});

test("a reload whose admin address cannot be opened, or needs a token, is refused and changes nothing", async () => {
  await using taken = await startLabServer(() => {});
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1 id=a"], admin: ADMIN });
  const sources = [{ kind: "inline", exits: parseExits(["http://127.0.0.1:2 id=b"]) }] as const;
  for (const admin of [
    { ...ADMIN, port: taken.port },
    { ...ADMIN, host: "0.0.0.0" },
  ]) {
    await assert.rejects(gateway.gateway.reload({ ...gateway.config, sources, admin }));
    assert.deepEqual(idsOf(gateway), ["a"]);
    assert.equal((await operate(gateway, "GET", "/healthz")).status, 200);
  }
});

test("a reload changes what is kept of idle sockets, and closes those that are too many by it", async () => {
  await using older = await startRawTarget(() => ok("x"));
  await using newer = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway({ timeouts: { idleSocket: 60_000 } });
  using peer = await dialClient(gateway.address);
  const get = (from: typeof older) => exchange(peer, proxyGet(from.url("/")));
  for (const target of [older, newer, older, newer]) await get(target);
  assert.deepEqual([older.accepted, newer.accepted], [1, 1], "kept");
  const { exchange: settings } = gateway.config;
  await gateway.gateway.reload({ ...gateway.config, exchange: { ...settings, limits: { ...settings.limits, idleSockets: 1 } } });
  await older.whenLeft(1);
  await get(newer);
  assert.equal(newer.accepted, 1, "the newer one is kept");
  await get(older);
  await newer.whenLeft(1);
});
