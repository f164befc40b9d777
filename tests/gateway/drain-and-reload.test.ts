import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import type { ListenerSettings } from "../../src/core/settings.ts";
import { dialLab } from "../../src/lab/lab-connection.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks5, proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, disposable, exchange } from "./client.ts";
import { parseExits, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

test("draining lets what is in flight finish, and closes its connection behind it", async () => {
  const gate = Promise.withResolvers<void>();
  await using target = await startRawTarget(async () => {
    await gate.promise;
    return ok("finished");
  });
  await using gateway = await startLabGateway();
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet(target.url("/")));
  await target.whenAccepted(1);
  let isDrained = false;
  const drained = gateway.gateway.drain(10_000).then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  assert.equal(isDrained, false);
  gate.resolve();
  const answer = await readAnswer(peer, "GET");
  assert.equal(answer.body.toString(), "finished");
  assert.equal(fieldValue(answer.fields, "connection"), "close");
  assert.equal(await peer.reader.next(), null);
  await drained;
});

test("draining closes idle client connections and takes no new ones", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using idle = await dialClient(gateway.address);
  assert.equal((await exchange(idle, proxyGet(target.url("/")))).status, 200);
  await gateway.gateway.drain(1000);
  assert.equal(await idle.reader.next(), null);
  await assert.rejects(dialLab(gateway.address));
});

test("a connection that says its first word while the gateway drains is refused, and told so", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  using silent = await dialClient(gateway.address);
  using tunnel = await dialClient(gateway.address);
  using socks = await dialClient(gateway.address);
  using served = await dialClient(gateway.address);
  assert.equal((await exchange(served, proxyGet(target.url("/")))).status, 200); // the others were accepted before it
  await gateway.gateway.drain(0);
  const answer = await exchange(silent, proxyGet(target.url("/")));
  assert.equal(answer.status, 503);
  assert.match(fieldValue(answer.fields, "proxy-status") ?? "", /fault=gateway\.shutting_down/);
  assert.equal(fieldValue(answer.fields, "connection"), "close");
  assert.equal((await exchange(tunnel, `CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nHost: x\r\n\r\n`, "CONNECT")).status, 503);
  await socks.send(Buffer.of(5, 1, 0));
  await socks.reader.take(2);
  await socks.send(Buffer.of(5, 1, 0, 1, 127, 0, 0, 1, target.port >> 8, target.port & 0xff));
  assert.equal((await socks.reader.take(10))[1], 1);
  assert.equal(target.requests.length, 1);
});

test("draining waits for open tunnels, but not beyond its deadline", async () => {
  await using target = await startLabServer(async (peer) => {
    for (let piece = await peer.reader.next(); piece !== null; piece = await peer.reader.next()) await peer.send(piece);
    peer.stream.end();
  });
  await using gateway = await startLabGateway();
  const { peer } = await openConnect(gateway.address, `127.0.0.1:${target.port}`);
  using _ = disposable(peer);
  await gateway.gateway.drain(50);
  await peer.send("still open");
  assert.equal((await peer.reader.take(10)).toString(), "still open");
  const drained = gateway.gateway.drain(10_000);
  peer.stream.end();
  await drained;
});

test("disposing of a gateway leaves no connection open, to either side", async () => {
  await using target = await startLabServer(async (peer) => {
    await peer.skip();
    peer.stream.end();
  });
  const gateway = await startLabGateway();
  const { peer } = await openConnect(gateway.address, `127.0.0.1:${target.port}`);
  using _ = disposable(peer);
  using waiting = await dialClient(gateway.address);
  await waiting.send(proxyGet(`http://127.0.0.1:${target.port}/`));
  await target.whenAccepted(2);
  await gateway[Symbol.asyncDispose]();
  await target.whenLeft(2);
  await peer.reader.rest().catch(() => {});
  await waiting.reader.rest().catch(() => {});
});

test("a reload brings other exits, and what is in flight finishes over the old one", async () => {
  const gate = Promise.withResolvers<void>();
  await using old = await startRawTarget(async ({ head }) => {
    if (head.includes("/slow")) await gate.promise;
    return ok("old");
  });
  await using fresh = await startRawTarget(() => ok("fresh"));
  await using gateway = await startLabGateway({ exits: [`http://${old.host}:${old.port} id=old`] });
  using peer = await dialClient(gateway.address);
  await peer.send(proxyGet("http://site.lab/slow"));
  await old.whenAccepted(1);
  const exits = parseExits([`http://${fresh.host}:${fresh.port} id=fresh`]);
  await gateway.gateway.reload({ ...gateway.config, sources: [{ kind: "inline", exits }] });
  using other = await dialClient(gateway.address);
  assert.equal((await exchange(other, proxyGet("http://site.lab/"))).body.toString(), "fresh");
  gate.resolve();
  assert.equal((await readAnswer(peer, "GET")).body.toString(), "old");
  assert.equal((await exchange(peer, proxyGet("http://site.lab/"))).body.toString(), "fresh");
  assert.deepEqual(
    gateway.gateway.pool.snapshot().map(({ id, inFlight }) => [id, inFlight]),
    [["fresh", 0]],
  );
});

test("an exit that stays keeps its health, one whose password changed is not reached over its old sockets", async () => {
  await using exit = await startRawTarget(({ head }) => ok(/Proxy-Authorization: Basic (.*)\r\n/.exec(head)?.[1] ?? "none"));
  const line = (password: string) => `http://user:${password}@${exit.host}:${exit.port} id=same`;
  await using gateway = await startLabGateway({ exits: [line("first")] });
  using peer = await dialClient(gateway.address);
  await exchange(peer, proxyGet("http://site.lab/"));
  const successes = gateway.gateway.pool.snapshot()[0]?.successes;
  await gateway.gateway.reload({ ...gateway.config, sources: [{ kind: "inline", exits: parseExits([line("second")]) }] });
  const answer = await exchange(peer, proxyGet("http://site.lab/"));
  assert.equal(Buffer.from(answer.body.toString(), "base64").toString(), "user:second");
  assert.equal(exit.accepted, 2);
  assert.ok((gateway.gateway.pool.snapshot()[0]?.successes ?? 0) > (successes ?? 0));
});

test("a reload changes users and networks for connections that are open, too", async () => {
  await using target = await startRawTarget(() => ok("x"));
  await using gateway = await startLabGateway();
  const [listener] = gateway.config.listeners as [ListenerSettings];
  using peer = await dialClient(gateway.address);
  const get = (fields: Record<string, string> = {}) => exchange(peer, proxyGet(target.url("/"), fields));
  assert.equal((await get()).status, 200);
  await gateway.gateway.reload({ ...gateway.config, listeners: [{ ...listener, users: [{ name: "lab", password: "one" }] }] });
  assert.equal((await get()).status, 407);
  assert.equal((await get(basic("lab:one"))).status, 200);
  await gateway.gateway.reload({ ...gateway.config, listeners: [{ ...listener, users: [{ name: "lab", password: "two" }] }] });
  assert.equal((await get(basic("lab:one"))).status, 407, "a password that was right before is forgotten");
  assert.equal((await get(basic("lab:two"))).status, 200);
  await gateway.gateway.reload({ ...gateway.config, listeners: [{ ...listener, allow: ["192.0.2.0/24"] }] });
  assert.equal((await get()).status, 403);
  const socks = await openSocks5(gateway.address, target);
  socks.peer.wire.destroy();
  assert.equal(socks.reply, 2);
});

test("a reload changes limits and timeouts for what begins after it", async () => {
  await using silent = await startLabServer(() => {});
  await using gateway = await startLabGateway();
  const { exchange: settings } = gateway.config;
  await gateway.gateway.reload({ ...gateway.config, exchange: { ...settings, timeouts: { ...settings.timeouts, head: 100, total: 300 } } });
  using peer = await dialClient(gateway.address);
  assert.equal((await exchange(peer, proxyGet(`http://127.0.0.1:${silent.port}/`))).status, 504);
});

test("a reload that would leave a listener unguarded is refused, and the old config stays in force", async () => {
  const users = [{ name: "lab", password: "one" }];
  await using gateway = await startLabGateway({ listener: { host: "0.0.0.0", users } });
  const [listener] = gateway.config.listeners as [ListenerSettings];
  await assert.rejects(gateway.gateway.reload({ ...gateway.config, listeners: [{ ...listener, users: [] }] }), /users/);
  using peer = await dialClient({ host: "127.0.0.1", port: gateway.address.port });
  assert.equal((await exchange(peer, proxyGet("http://site.lab/"))).status, 407);
});

test("a reload says what is wrong with the lists that it reads", async () => {
  await using gateway = await startLabGateway({ exits: ["http://127.0.0.1:1 id=a"] });
  const missing = { kind: "file", path: "/nowhere/exits.txt", scheme: "http", format: "auto", tags: {}, replaceByEmpty: false } as const;
  await gateway.gateway.reload({ ...gateway.config, sources: [...gateway.config.sources, missing] });
  const warnings = gateway.events.flatMap((event) => (event.type === "warning" ? event.message : []));
  assert.deepEqual(warnings, ["/nowhere/exits.txt: cannot be read: ENOENT"]);
});
