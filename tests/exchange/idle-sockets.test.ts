import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { keepAliveRace } from "../../src/lab/bad-answers.ts";
import { fin, firstly, rst } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { readHead, servesHttp } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { proxyGet, type RawAnswer, readAnswer } from "../../src/lab/raw-client.ts";
import { urlOf } from "../../src/lab/stages/scenes.ts";
import { basic, dialClient, exchange } from "../gateway/client.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";
import { ok, startRawTarget } from "../gateway/raw-target.ts";

async function askOnce(gateway: LabGateway, request: string, method = "GET"): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  return await exchange(peer, request, method);
}

function post(url: string): string {
  return `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`;
}

/** Keeps its first connection's promise once; answers well on all later ones. */
function startRacer(ending: typeof fin): Promise<LabServer> {
  return startLabServer(
    firstly(
      1,
      keepAliveRace(ending),
      servesHttp(async ({ peer, method }) => {
        if (method === "POST") await peer.reader.take(4);
        await peer.send(ok("fresh"));
        return "keep";
      }),
    ),
  );
}

for (const [how, ending] of [
  ["FIN", fin],
  ["RST", rst],
] as const) {
  test(`a GET that meets a socket which the hop was closing is sent again on a new one, unseen: ${how}`, async () => {
    await using target = await startRacer(ending);
    await using gateway = await startLabGateway();
    assert.equal((await askOnce(gateway, proxyGet(urlOf(target)))).body.toString(), "first\n");
    await gateway.nextRecord();
    assert.equal((await askOnce(gateway, proxyGet(urlOf(target)))).body.toString(), "fresh");
    const record = await gateway.nextRecord();
    assert.equal(record.attempts[0]?.fault, "head.keepalive_race");
    assert.equal(record.attempts[0]?.reused, true);
    assert.equal(record.attempts[1]?.reused, false);
  });

  test(`a POST takes a new socket, so that the race cannot happen to it: ${how}`, async () => {
    await using target = await startRacer(ending);
    await using gateway = await startLabGateway();
    assert.equal((await askOnce(gateway, proxyGet(urlOf(target)))).body.toString(), "first\n");
    await gateway.nextRecord();
    assert.equal((await askOnce(gateway, post(urlOf(target)), "POST")).body.toString(), "fresh");
    const { attempts } = await gateway.nextRecord();
    assert.equal(attempts.length, 1);
    assert.equal(attempts[0]?.reused, false);
  });
}

test("the race does not count against the exit, nor as an attempt", async () => {
  await using exit = await startRacer(rst);
  await using gateway = await startLabGateway({
    exits: [`http://${exit.host}:${exit.port} id=only`],
    exchange: { attempts: { ...DEFAULTS.attempts, max: 1, exits: 1, replayBytes: 0 } },
  });
  await askOnce(gateway, proxyGet("http://site.lab/"));
  assert.equal((await askOnce(gateway, proxyGet("http://site.lab/"))).body.toString(), "fresh");
  const [snapshot] = gateway.gateway.pool.snapshot();
  assert.equal(snapshot?.failures, 0);
  assert.equal(snapshot?.state, "healthy");
});

test("bytes on an idle socket end it: they answer nobody's request", async () => {
  const held: LabConnection[] = [];
  await using target = await startRawTarget((_, peer) => {
    held.push(peer);
    return ok(`connection ${held.length}`);
  });
  await using gateway = await startLabGateway();
  assert.equal((await askOnce(gateway, proxyGet(target.url("/")))).body.toString(), "connection 1");
  await held[0]?.send(ok("poison"));
  await target.whenLeft(1);
  assert.equal((await askOnce(gateway, proxyGet(target.url("/")))).body.toString(), "connection 2");
});

test("bytes behind a complete answer end its socket, and no one gets them", async () => {
  await using target = await startRawTarget(({ connection }) => `${ok(`connection ${connection}`)}${ok("poison")}`);
  await using gateway = await startLabGateway();
  for (const expected of ["connection 1", "connection 2"]) {
    assert.equal((await askOnce(gateway, proxyGet(target.url("/")))).body.toString(), expected);
    const { notes, outcome } = await gateway.nextRecord();
    assert.equal(outcome, "ok");
    assert.match(notes.join(), /bytes came after the end of the response/);
  }
});

test("a FIN on an idle socket removes it without a fault", async () => {
  await using target = await startRawTarget((_, peer) => {
    setImmediate(() => peer.stream.end());
    return ok("x");
  });
  await using gateway = await startLabGateway();
  for (let i = 1; i <= 3; i++) {
    assert.equal((await askOnce(gateway, proxyGet(target.url("/")))).status, 200);
    await target.whenLeft(i);
  }
});

test("a hop's own Keep-Alive: timeout is kept to, with a margin", async () => {
  await using target = await startRawTarget(() => ok("x", "Keep-Alive: timeout=1\r\n"));
  await using gateway = await startLabGateway();
  await askOnce(gateway, proxyGet(target.url("/")));
  await target.whenLeft(1); // the margin is a second: nothing is left of it
  await askOnce(gateway, proxyGet(target.url("/")));
  assert.equal(target.accepted, 2);
});

test("an answer that says close, and one of HTTP/1.0, leave no socket behind", async () => {
  for (const answer of [ok("x", "Connection: close\r\n"), "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"]) {
    await using target = await startRawTarget(() => answer);
    await using gateway = await startLabGateway();
    await askOnce(gateway, proxyGet(target.url("/")));
    await target.whenLeft(1);
    await askOnce(gateway, proxyGet(target.url("/")));
    assert.equal(target.accepted, 2);
  }
});

test("idle sockets are not shared between exits that differ in anything, credentials included", async () => {
  await using server = await startRawTarget(({ connection }) => ok(String(connection)));
  const at = `${server.host}:${server.port}`;
  const lines = [`http://u1:p@${at} id=a`, `http://u2:p@${at} id=b`, `http://u1:p@${at},http://x:y@${at} id=c`];
  await using gateway = await startLabGateway({ exits: lines });
  for (const id of ["a", "b", "c"]) {
    const first = await askOnce(gateway, proxyGet("http://site.lab/", basic(`any-exit-${id}:x`)));
    const second = await askOnce(gateway, proxyGet("http://other.lab/", basic(`any-exit-${id}:x`)));
    if (id !== "c") assert.equal(first.body.toString(), second.body.toString(), "an HTTP exit's socket serves any target");
  }
  assert.ok(server.accepted >= 3);
  const users = new Map<number, Set<string>>();
  for (const { connection, head } of server.requests) {
    if (head.startsWith("CONNECT")) continue; // of the chain: meant for its first hop
    const known = users.get(connection) ?? new Set();
    users.set(connection, known.add(/Proxy-Authorization: (.*)\r\n/.exec(head)?.[1] ?? "none"));
  }
  for (const seen of users.values()) assert.equal(seen.size, 1);
});

test("idle sockets are not shared between sessions, nor between a session and none", async () => {
  await using server = await startRawTarget(({ connection }) => ok(String(connection)));
  await using gateway = await startLabGateway({ exits: [`http://${server.host}:${server.port}`] });
  const socketOf = async (name: string) => (await askOnce(gateway, proxyGet("http://site.lab/", basic(`${name}:x`)))).body.toString();
  const one = await socketOf("any-session-one");
  const two = await socketOf("any-session-two");
  const none = await socketOf("any");
  assert.equal(new Set([one, two, none]).size, 3);
  assert.equal(await socketOf("any-session-one"), one);
  assert.equal(await socketOf("any-session-two"), two);
  assert.equal(await socketOf("any"), none);
});

test("sockets of tunnels to https targets are kept by name and port", async () => {
  const tls = createAuthority();
  const identity = tls.issue({ names: ["a.lab", "b.lab"] });
  await using target = await startRawTarget(({ connection }) => ok(String(connection)), identity);
  await using exit = await startHttpExit({ reach: { "a.lab": target, "b.lab": target } });
  await using gateway = await startLabGateway({ exits: [`http://${exit.host}:${exit.port}`], exchange: { ca: [tls.cert] } });
  const socketOf = async (url: string) => (await askOnce(gateway, proxyGet(url))).body.toString();
  const a = await socketOf("https://a.lab/");
  const b = await socketOf("https://b.lab/");
  assert.notEqual(a, b);
  assert.equal(await socketOf("https://a.lab/x"), a);
  assert.notEqual(await socketOf("https://a.lab:8443/"), a);
});

for (const scheme of ["NTLM", "Negotiate"]) {
  test(`a socket that carried ${scheme} serves its own client connection only, and dies with it`, async () => {
    await using target = await startRawTarget(({ connection, head }) =>
      /\r\nAuthorization: /.test(head)
        ? ok(`secret of connection ${connection}`)
        : `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${scheme}\r\nContent-Length: 0\r\n\r\n`,
    );
    await using gateway = await startLabGateway();
    using alice = await dialClient(gateway.address);
    const login = { Authorization: `${scheme} TlRMTVNTUAAB` };
    assert.equal((await exchange(alice, proxyGet(target.url("/")))).status, 401);
    const first = await exchange(alice, proxyGet(target.url("/"), login));
    const second = await exchange(alice, proxyGet(target.url("/"), login));
    assert.equal(first.body.toString(), second.body.toString());
    const posted = await exchange(alice, post(target.url("/")).replace("Host: x", `Host: x\r\nAuthorization: ${scheme} x`), "POST");
    assert.equal(posted.body.toString(), first.body.toString(), "what it authenticated, it also posts on");
    assert.equal(target.accepted, 1);

    const stranger = await askOnce(gateway, proxyGet(target.url("/")));
    assert.equal(stranger.status, 401);
    assert.equal(target.requests.at(-1)?.connection, 2);
    alice.wire.destroy();
    await target.whenLeft(1);
  });
}

test("a socket that was authenticated stays its client's also after requests that say nothing of it", async () => {
  await using target = await startRawTarget(({ connection }) => ok(`connection ${connection}`));
  await using gateway = await startLabGateway();
  using alice = await dialClient(gateway.address);
  await exchange(alice, proxyGet(target.url("/"), { Authorization: "NTLM TlRMTVNTUAAD" }));
  // NTLM authenticates the connection: a client does not say it again.
  assert.equal((await exchange(alice, proxyGet(target.url("/")))).body.toString(), "connection 1");
  assert.equal((await exchange(alice, proxyGet(target.url("/")))).body.toString(), "connection 1");
  assert.equal((await askOnce(gateway, proxyGet(target.url("/")))).body.toString(), "connection 2");
});

test("a hop that answered before it had the whole request gets no other on that socket, though the rest went elsewhere", async () => {
  await using target = await startLabServer(async (peer) => {
    const { line } = await readHead(peer.reader);
    if (line[0] === "GET") return void (await peer.send(ok("asked and answered")));
    const isFirst = target.accepted === 1;
    if (isFirst) await peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
    await peer.reader.take(8); // the body that it was promised: a request that comes in its place is swallowed
    if (!isFirst) await peer.end();
  });
  await using gateway = await startLabGateway({ exchange: { attempts: { ...DEFAULTS.attempts, max: 2 } } });
  using client = await dialClient(gateway.address);
  await client.send(`PUT ${urlOf(target)} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf`);
  await target.whenAccepted(2);
  await client.send("more");
  assert.equal((await readAnswer(client, "PUT")).body.toString(), "busy");
  assert.equal((await askOnce(gateway, proxyGet(urlOf(target)))).body.toString(), "asked and answered");
});

test("no more idle sockets are kept than limits.idleSocketsPerRoute and limits.idleSockets", async () => {
  const gate = Promise.withResolvers<void>();
  await using target = await startLabServer(async (peer) => {
    await readHead(peer.reader);
    await gate.promise;
    await peer.send(ok("x"));
    await peer.skip();
    peer.stream.end();
  });
  await using gateway = await startLabGateway({ exchange: { limits: { ...DEFAULTS.limits, idleSocketsPerRoute: 2 } } });
  const asked = Array.from({ length: 6 }, () => askOnce(gateway, proxyGet(urlOf(target))));
  await target.whenAccepted(6);
  gate.resolve();
  await Promise.all(asked);
  await target.whenLeft(4);
  assert.equal(target.open, 2);
});
