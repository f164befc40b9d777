import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PARAMS } from "../../src/core/params.ts";
import type { Config } from "../../src/core/settings.ts";
import { openConnect, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { type LabGateway, type LabGatewayOptions, parseExits, startLabGateway } from "./lab-gateway.ts";
import { ok, startRawTarget } from "./raw-target.ts";

const NAMES = ["a", "b", "c", "d"];

interface World extends AsyncDisposable {
  readonly gateway: LabGateway;
  readonly lines: readonly string[];
  /** The exit that answers to this user name. */
  exitOf(name: string): Promise<string>;
  ask(name: string): Promise<RawAnswer>;
  /** A reload with only these exits. */
  keep(lines: readonly string[]): Promise<void>;
  stop(exit: string): Promise<void>;
}

/** A gateway over HTTP exits that answer with their own name. */
async function startWorld(given: LabGatewayOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const exits = await Promise.all(NAMES.map((name) => startRawTarget(() => ok(name))));
  for (const exit of exits) stack.use(exit);
  const lines = exits.map(({ host, port }, i) => `http://${host}:${port} id=${NAMES[i]}`);
  const gateway = stack.use(await startLabGateway({ exits: lines, ...given }));
  const ask = async (name: string) => {
    using peer = await dialClient(gateway.address);
    return await exchange(peer, proxyGet("http://site.lab/", basic(`${name}:x`)));
  };
  return {
    gateway,
    lines,
    ask,
    exitOf: async (name) => (await ask(name)).body.toString(),
    keep: (kept) => gateway.gateway.reload({ ...gateway.config, sources: [{ kind: "inline", exits: parseExits(kept) }] } satisfies Config),
    stop: async (exit) => await exits[NAMES.indexOf(exit)]?.[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("sessions of users survive a reload, and no two users share one", async () => {
  const users = ["alice", "bob", "carol", "dave", "erin", "frank"].map((name) => ({ name, password: "x" }));
  let drawn = 0;
  const random = () => {
    drawn = (drawn + 0.37) % 1;
    return drawn;
  };
  await using world = await startWorld({ listener: { users }, options: { random } });
  const held = new Map<string, string>();
  for (const { name } of users) held.set(name, await world.exitOf(`${name}-session-cart`));
  assert.ok(new Set(held.values()).size > 1);
  await world.keep(world.lines.toReversed());
  for (const [name, exit] of held) assert.equal(await world.exitOf(`${name}-session-cart`), exit, name);
});

test("a soft session whose exit has left the lists moves, and stays where it moved to", async () => {
  await using world = await startWorld();
  const held = await world.exitOf("any-session-s");
  await world.keep(world.lines.filter((line) => !line.endsWith(`id=${held}`)));
  const moved = await world.exitOf("any-session-s");
  assert.notEqual(moved, held);
  await world.keep(world.lines);
  for (let i = 0; i < 4; i++) assert.equal(await world.exitOf("any-session-s"), moved);
});

test("a hard session whose exit has left the lists is lost, for requests and tunnels, until the exit is back", async () => {
  await using world = await startWorld();
  const held = await world.exitOf("any-hardsession-s");
  await world.keep(world.lines.filter((line) => !line.endsWith(`id=${held}`)));
  const answer = await world.ask("any-hardsession-s");
  assert.equal(answer.status, 502);
  assert.match(answer.body.toString(), new RegExp(`the session's exit ${held} is gone`));
  await world.gateway.nextRecord();
  const { verdict, attempts } = await world.gateway.nextRecord();
  assert.deepEqual([verdict?.fault, attempts.length], ["handshake.session_lost", 0]);
  const tunnel = await openConnect(world.gateway.address, "site.lab:443", basic("any-hardsession-s:x"));
  tunnel.peer.wire.destroy();
  assert.equal(tunnel.answer.status, 502);
  assert.match(tunnel.answer.reason, /lost its session/);
  await world.keep(world.lines);
  assert.equal(await world.exitOf("any-hardsession-s"), held);
});

test("a hard session whose exit has left the lists does not go on without an exit either, where others would", async () => {
  await using site = await startRawTarget(() => ok("direct"));
  await using world = await startWorld({ exchange: { direct: "fallback" } });
  const ask = async (name: string) => {
    using peer = await dialClient(world.gateway.address);
    return await exchange(peer, proxyGet(site.url("/"), basic(`${name}:x`)));
  };
  const held = (await ask("any-hardsession-s")).body.toString();
  assert.ok(NAMES.includes(held));
  await world.keep([]);
  assert.match((await ask("any-hardsession-s")).body.toString(), new RegExp(`the session's exit ${held} is gone`));
  assert.equal((await ask("any-session-s")).body.toString(), "direct");
  assert.equal(site.accepted, 1);
});

test("a hard session is tried over its exit even while that is benched, and what fails then is told as the exit's fault", async () => {
  await using world = await startWorld();
  const held = await world.exitOf("any-hardsession-s");
  await world.gateway.nextRecord();
  await world.stop(held);
  for (let i = 0; i < 3; i++) {
    const answer = await world.ask("any-hardsession-s");
    assert.equal(answer.status, 502);
    const { verdict, attempts } = await world.gateway.nextRecord();
    assert.equal(verdict?.culprit, "exit");
    assert.ok(attempts.length > 0 && attempts.every(({ exit }) => exit === held), JSON.stringify(attempts));
  }
  assert.equal(world.gateway.gateway.pool.find(held)?.state, "benched");
});

test("a hard session by client address does not move either", async () => {
  const listener = { params: NO_PARAMS, session: { from: "client", hard: true, durationMs: 60_000 } } as const;
  await using world = await startWorld({ listener });
  const held = await world.exitOf("any");
  await world.stop(held);
  assert.equal((await world.ask("any")).status, 502);
  assert.notEqual(await world.exitOf("any-session-own"), held, "a session of its own is another");
});

test("a rotated session takes another exit", async () => {
  await using world = await startWorld();
  const held = await world.exitOf("any-hardsession-s");
  assert.equal(world.gateway.gateway.pool.rotateSession("s"), 1);
  const moved = await world.exitOf("any-hardsession-s");
  assert.notEqual(moved, held);
  assert.equal(await world.exitOf("any-hardsession-s"), moved);
});
