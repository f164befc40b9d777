import assert from "node:assert/strict";
import { test } from "node:test";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead, fin } from "../../src/lab/behaviours.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks5, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, disposable, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { ok, type RawTarget, startRawTarget } from "./raw-target.ts";

/** HTTP exits that answer with their own name. */
async function startExits(names: readonly string[]): Promise<{ exits: RawTarget[]; lines: string[]; stack: AsyncDisposableStack }> {
  const stack = new AsyncDisposableStack();
  const exits = await Promise.all(names.map((name) => startRawTarget(() => ok(name))));
  for (const exit of exits) stack.use(exit);
  return { exits, lines: exits.map(({ host, port }, index) => `http://${host}:${port} id=${names[index]}`), stack };
}

async function askAs(gateway: LabGateway, name: string, path = "/"): Promise<RawAnswer> {
  using peer = await dialClient(gateway.address);
  return await exchange(peer, proxyGet(`http://site.lab${path}`, basic(`${name}:x`)));
}

test("exit takes the exit of that id, every time, and says so where there is none", async () => {
  const { lines, stack } = await startExits(["de-1", "de-2", "fr-1"]);
  await using _ = stack;
  await using gateway = await startLabGateway({ exits: lines });
  for (let i = 0; i < 5; i++) assert.equal((await askAs(gateway, "any-exit-FR_1")).body.toString(), "fr-1");
  const none = await askAs(gateway, "any-exit-fr_9");
  assert.equal(none.status, 502);
  assert.match(none.body.toString(), /fr_9/);
  assert.equal((await askAs(gateway, "any-exit-fr-1")).status, 407, "a dash ends the value: 1 is no parameter");
});

test("country takes exits with that tag, one of several where a comma joins them", async () => {
  const { lines, stack } = await startExits(["de", "fr", "us"]);
  await using _ = stack;
  await using gateway = await startLabGateway({ exits: lines.map((line) => `${line} country=${line.slice(-2)}`) });
  for (let i = 0; i < 4; i++) assert.equal((await askAs(gateway, "any-country-FR")).body.toString(), "fr");
  for (let i = 0; i < 4; i++) assert.equal((await askAs(gateway, "any-cc-us")).body.toString(), "us");
  const seen = new Set<string>();
  for (let i = 0; i < 10; i++) seen.add((await askAs(gateway, "any-country-de,us")).body.toString());
  assert.ok([...seen].every((name) => name === "de" || name === "us"));
  const none = await askAs(gateway, "any-country-gb");
  assert.equal(none.status, 502);
  assert.match(none.body.toString(), /gb/);
});

test("a session stays with one exit, another session with its own, and both survive the client's connections", async () => {
  const { lines, stack } = await startExits(["a", "b", "c", "d"]);
  await using _ = stack;
  await using gateway = await startLabGateway({ exits: lines });
  const first = (await askAs(gateway, "any-session-One")).body.toString();
  for (let i = 0; i < 6; i++) assert.equal((await askAs(gateway, "any-sessid-one")).body.toString(), first);
  const others = new Set<string>();
  for (let i = 0; i < 20; i++) others.add((await askAs(gateway, `any-session-s${i}`)).body.toString());
  assert.ok(others.size > 1);
});

test("a soft session moves when its exit dies, a hard one fails and says that its exit is gone", async () => {
  const { exits, lines, stack } = await startExits(["a", "b"]);
  await using _ = stack;
  await using gateway = await startLabGateway({ exits: lines, options: { random: () => 0 } });
  const held = (await askAs(gateway, "any-session-soft")).body.toString();
  const hard = (await askAs(gateway, "any-hardsession-hard")).body.toString();
  await Promise.all(exits.map((exit, index) => (lines[index]?.endsWith(`id=${held}`) ? exit[Symbol.asyncDispose]() : null)));
  const moved = (await askAs(gateway, "any-session-soft")).body.toString();
  assert.notEqual(moved, held);
  assert.equal((await askAs(gateway, "any-session-soft")).body.toString(), moved);
  if (hard === held) assert.equal((await askAs(gateway, "any-hardsession-hard")).status, 502);
});

test("attempts lowers the number of tries, and never raises it", async () => {
  await using bad = await startLabServer(afterHead(fin));
  const lines = Array.from({ length: 6 }, (_, i) => `http://user${i}@${bad.host}:${bad.port} id=e${i}`);
  for (const [name, tries] of [
    ["any-attempts-1", 1],
    ["any-attempts-2", 2],
    ["any-attempts-900", 4],
    ["any", 4],
  ] as const) {
    await using gateway = await startLabGateway({ exits: lines }); // one that knows nothing of the target yet
    assert.equal((await askAs(gateway, name)).status, 502);
    assert.equal((await gateway.nextRecord()).attempts.length, tries, name);
  }
});

test("attempts bounds what dies at exits too, for requests and for tunnels", async () => {
  const lines = Array.from({ length: 6 }, (_, i) => `http://user${i}@127.0.0.1:1 id=e${i}`);
  await using gateway = await startLabGateway({ exits: lines });
  assert.equal((await askAs(gateway, "any-attempts-2")).status, 502);
  assert.equal((await gateway.nextRecord()).attempts.length, 2);
  const { answer, peer } = await openConnect(gateway.address, "site.lab:443", basic("any-attempts-3:x"));
  using _ = disposable(peer);
  assert.equal(answer.status, 502);
  assert.equal((await gateway.nextRecord()).attempts.length, 3);
});

test("timeout lowers the time for an answer", async () => {
  await using silent = await startLabServer(BAD_ANSWERS.silence);
  await using gateway = await startLabGateway({ exits: [`http://${silent.host}:${silent.port}`] });
  const answer = await askAs(gateway, "any-timeout-1-attempts-1");
  assert.equal(answer.status, 504);
  const { attempts, ms } = await gateway.nextRecord();
  assert.equal(attempts.length, 1);
  assert.ok(ms >= 900 && ms < 10_000, `${ms}`);
});

test("parameters work in the user name of SOCKS5 and of CONNECT as well", async () => {
  const { exits, lines, stack } = await startExits(["a", "b"]);
  await using _ = stack;
  await using gateway = await startLabGateway({ exits: lines });
  const socks = await openSocks5(gateway.address, { host: "site.lab", port: 443 }, { username: "any-exit-b", password: "x" });
  socks.peer.wire.destroy();
  const connect = await openConnect(gateway.address, "site.lab:443", basic("any-exit-b:x"));
  connect.peer.wire.destroy();
  assert.equal(exits[0]?.requests.length, 0);
  assert.equal(exits[1]?.requests.length, 2);
  const unknown = await openConnect(gateway.address, "site.lab:443", basic("any-planet-mars:x"));
  unknown.peer.wire.destroy();
  assert.equal(unknown.answer.status, 407);
  const refused = await openSocks5(gateway.address, { host: "site.lab", port: 443 }, { username: "any-planet-mars", password: "x" });
  refused.peer.wire.destroy();
  assert.equal(refused.reply, null);
});
