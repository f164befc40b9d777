import assert from "node:assert/strict";
import { test } from "node:test";
import { afterBytes, fin, rst, says, silence } from "../../src/lab/behaviours.ts";
import { httpExit } from "../../src/lab/http-exit.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { askConnect } from "../../src/lab/raw-client.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { basic, dialClient } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";

const HELLO = inRecords(helloMessage({ serverName: "site.lab" }));

/** Tunnels to one site, which is in whatever trouble, over two exits. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const world = { trouble: null as Behaviour | null, skewMs: 0 };
  const works = afterBytes(says("pong", fin));
  const site = stack.use(await startLabServer((peer) => (world.trouble ?? works)(peer)));
  const reach = { "site.lab:443": site };
  const exits = [stack.use(await startLabServer(httpExit({ reach }))), stack.use(await startLabServer(httpExit({ reach })))];
  const gateway = stack.use(
    await startLabGateway({
      exits: exits.map(({ host, port }, i) => `http://${host}:${port} id=e${i}`),
      timeouts: { tls: 100, tunnelIdle: 400 },
      options: { clock: { now: () => performance.now() + world.skewMs, wall: () => Date.now() } },
    }),
  );
  const ask = async (user: string, flight: string | Uint8Array): Promise<string | null> => {
    using peer = await dialClient(gateway.address);
    const answer = await askConnect(peer, "site.lab:443", basic(`${user}:x`));
    if (answer.status !== 200) return null;
    if (flight.length > 0) await peer.send(flight);
    return (await peer.reader.next().catch(() => null))?.toString() ?? "";
  };
  return { world, gateway, ask, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

const states = (gateway: LabGateway) => gateway.gateway.pool.snapshot().map(({ state, inFlight }) => `${state} ${inFlight}`);

test("a hard session's exit counts as working once bytes came out of its tunnel, not when that opens", async () => {
  await using lab = await startWorld();
  lab.world.trouble = afterBytes(rst);
  assert.equal(await lab.ask("any-hardsession-a", "ping"), "");
  const record = await lab.gateway.nextRecord();
  assert.equal(record.verdict?.fault, "tunnel.reset");
  assert.equal(record.attempts.length, 1);
  assert.ok(!states(lab.gateway).some((state) => state.startsWith("healthy")), states(lab.gateway).join());
  lab.world.trouble = null;
  assert.equal(await lab.ask("any-hardsession-a", "ping"), "pong");
  await lab.gateway.nextRecord();
  assert.ok(states(lab.gateway).includes("healthy 0"), states(lab.gateway).join());
});

test("a hard session's tunnel in which nobody says a word tells nothing of its exit", async () => {
  await using lab = await startWorld();
  lab.world.trouble = silence;
  assert.equal(await lab.ask("any-hardsession-a", ""), "");
  await lab.gateway.nextRecord();
  assert.deepEqual(states(lab.gateway), ["untried 0", "untried 0"]);
});

test("a hard session's tunnel that only opens does not prove that its target is back", async () => {
  await using lab = await startWorld();
  const { world, gateway, ask } = lab;
  const circuit = () => gateway.events.flatMap((event) => (event.type === "circuit-changed" ? [event.to] : []));
  world.trouble = fin;
  for (let i = 0; i < 20 && !circuit().includes("open"); i++) await ask("any", HELLO);
  world.skewMs += 15 * 60_000;
  world.trouble = afterBytes(rst);
  assert.equal(await ask("any-hardsession-a", "ping"), "");
  while (gateway.events.filter((event) => event.type === "exchange-ended").at(-1)?.record.verdict?.fault !== "tunnel.reset")
    await gateway.nextRecord();
  assert.equal(circuit().includes("closed"), false, circuit().join());
  world.skewMs += 15 * 60_000;
  world.trouble = null;
  assert.equal(await ask("any-hardsession-a", "ping"), "pong");
  assert.equal(circuit().at(-1), "closed");
});
