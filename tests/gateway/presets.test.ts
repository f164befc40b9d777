import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../../src/app.ts";
import type { HostPort } from "../../src/core/address.ts";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import type { ListenerSession } from "../../src/core/settings.ts";
import { openConnect, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { startLabGateway } from "./lab-gateway.ts";
import { ok, type RawTarget, startRawTarget } from "./raw-target.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** HTTP exits that answer with their own name; the first half is in Germany. */
async function startExits(): Promise<{ exits: RawTarget[]; lines: string[] } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const exits = await Promise.all(NAMES.map((name) => startRawTarget(() => ok(name))));
  for (const exit of exits) stack.use(exit);
  const lines = exits.map(({ host, port }, i) => `http://${host}:${port} id=${NAMES[i]} country=${i < 4 ? "de" : "fr"}`);
  return { exits, lines, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function paramsOf(given: Partial<RequestParams>): RequestParams {
  return { ...NO_PARAMS, ...given };
}

function madeBy(from: ListenerSession["from"]): ListenerSession {
  return { from, hard: false, durationMs: 60_000 };
}

type Extra = Readonly<Record<string, string>>;

async function ask(address: HostPort, extra: Extra = {}): Promise<RawAnswer> {
  using peer = await dialClient(address);
  return await exchange(peer, proxyGet("http://site.lab/", extra));
}

async function askNames(address: HostPort, times: number, extra?: (i: number) => Extra): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++) seen.add((await ask(address, extra?.(i))).body.toString());
  return seen;
}

const GERMAN = paramsOf({ filter: { exit: null, tags: { country: ["de"] } } });

test("what a listener asks for holds for clients that say nothing, and that they narrow but do not widen", async () => {
  await using world = await startExits();
  await using gateway = await startLabGateway({ exits: world.lines, listener: { params: GERMAN } });
  const seen = await askNames(gateway.address, 12);
  assert.ok(seen.size > 1 && [...seen].every((name) => "abcd".includes(name)), [...seen].join());
  assert.deepEqual(await askNames(gateway.address, 3, () => basic("any-exit-c:x")), new Set(["c"]));
  const french = await ask(gateway.address, basic("any-country-fr:x"));
  assert.equal(french.status, 407);
  assert.match(french.body.toString(), /parameter "country" is fr, and this listener allows de only/);
  const tunnel = await openConnect(gateway.address, "site.lab:443", basic("any-country-fr:x"));
  tunnel.peer.wire.destroy();
  assert.equal(tunnel.answer.status, 407);
});

test("session: port gives each listening port one exit, and a client's own session wins over it", async () => {
  await using world = await startExits();
  await using gateway = await startLabGateway({ exits: world.lines, listener: { session: madeBy("port") } });
  const [listener] = gateway.config.listeners;
  assert.ok(listener !== undefined);
  await using ports = await startGateway({ ...gateway.config, listeners: Array.from({ length: 12 }, () => listener) });
  const exits = new Set<string>();
  for (const address of ports.addresses) {
    const seen = await askNames(address, 3);
    assert.equal(seen.size, 1, `${address.port}: ${[...seen].join()}`);
    for (const exit of seen) exits.add(exit);
  }
  assert.ok(exits.size > 1, "ports have exits of their own");
  const own = await askNames(gateway.address, 16, (i) => basic(`any-session-s${i}:x`));
  assert.ok(own.size > 1);
});

test("a session by port survives a reload", async () => {
  await using world = await startExits();
  await using gateway = await startLabGateway({ exits: world.lines, listener: { session: madeBy("port") } });
  const before = await askNames(gateway.address, 2);
  await gateway.gateway.reload(gateway.config);
  assert.deepEqual(await askNames(gateway.address, 6), before);
});

test("session: client holds a client's address to one exit", async () => {
  await using world = await startExits();
  await using gateway = await startLabGateway({ exits: world.lines, listener: { session: madeBy("client") } });
  assert.equal((await askNames(gateway.address, 8)).size, 1);
});

test("a session by a request field holds each value to one exit, and the field is not passed on", async () => {
  await using world = await startExits();
  await using gateway = await startLabGateway({ exits: world.lines, listener: { session: madeBy({ field: "x-session" }) } });
  const values = new Set<string>();
  for (let cart = 0; cart < 10; cart++) {
    const seen = await askNames(gateway.address, 3, () => ({ "X-Session": `cart ${cart}`, "X-Other": "kept" }));
    assert.equal(seen.size, 1, `cart ${cart}`);
    for (const exit of seen) values.add(exit);
  }
  assert.ok(values.size > 1);
  const requests = world.exits.flatMap((exit) => exit.requests);
  assert.equal(requests.length, 30);
  assert.ok(!requests.some(({ head }) => /x-session/i.test(head)));
  assert.ok(requests.every(({ head }) => head.includes("\r\nX-Other: kept\r\n")));
  assert.ok((await askNames(gateway.address, 16)).size > 1, "requests without the field have no session");
});
