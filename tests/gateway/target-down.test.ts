import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldValue } from "../../src/core/message.ts";
import { afterBytes, afterHead, fin, says, silence } from "../../src/lab/behaviours.ts";
import { httpExit } from "../../src/lab/http-exit.ts";
import type { LabConnection } from "../../src/lab/lab-connection.ts";
import { type Behaviour, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { askConnect, proxyGet, type RawAnswer } from "../../src/lab/raw-client.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { basic, dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { startRawTarget } from "./raw-target.ts";

const EXITS = 12;
const PROVIDERS = 4;
/** Milliseconds. */
const PATIENCE = 400;

const HELLO = inRecords(helloMessage({ serverName: "shop.lab" }));
const page = says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nshop", fin);
/** What answers a ClientHello for the purposes of a tunnel: a TLS record. */
const tlsRecord = says(Buffer.from("15030300020228", "hex"), fin);
const bare502 = says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", fin);

/** A site that can be taken down, another that works, and many exits of some providers in front of both. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const world = {
    /** Null: it works. */
    trouble: null as Behaviour | null,
    /** An exit's own answer to a request for the site; null: it leads there. */
    refusal: null as Behaviour | null,
    /** The exit that closes whatever tunnel it opened. */
    shut: null as string | null,
    requests: 0,
    skewMs: 0,
  };
  const either =
    (works: Behaviour): Behaviour =>
    (peer) =>
      (world.trouble ?? works)(peer);
  const shop = stack.use(await startLabServer(either(afterHead(page))));
  const secureShop = stack.use(await startLabServer(either(afterBytes(tlsRecord))));
  const other = stack.use(await startLabServer(afterHead(page)));
  const works = httpExit({ closes: true, reach: { "shop.lab:80": shop, "shop.lab:443": secureShop, "other.lab:80": other } });
  const shut = afterHead(says("HTTP/1.1 200 Connection established\r\n\r\n", afterBytes(fin)));
  const exit = async (id: string, peer: LabConnection) => {
    if (world.shut === id) return await shut(peer);
    const start = (await peer.reader.peek(19)).toString("latin1");
    if (start.includes("shop.lab")) world.requests += 1;
    await (start.includes("shop.lab") && world.refusal !== null ? afterHead(world.refusal)(peer) : works(peer));
  };
  const servers: LabServer[] = [];
  for (let i = 0; i < EXITS; i++) servers.push(stack.use(await startLabServer((peer) => exit(`e${i}`, peer))));
  const gateway = stack.use(
    await startLabGateway({
      exits: servers.map(({ host, port }, i) => `http://${host}:${port} id=e${i} provider=p${i % PROVIDERS}`),
      timeouts: { tls: PATIENCE, head: PATIENCE },
      options: { clock: { now: () => performance.now() + world.skewMs, wall: () => Date.now() } },
    }),
  );
  return { world, gateway, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

type Ask = (gateway: LabGateway) => Promise<{ readonly works: boolean; readonly answer: RawAnswer }>;

const askShop: Ask = async ({ address }) => {
  using peer = await dialClient(address);
  const answer = await exchange(peer, proxyGet("http://shop.lab/"));
  return { works: answer.status === 200, answer };
};

const tunnelToShop: Ask = async ({ address }) => {
  using peer = await dialClient(address);
  const answer = await askConnect(peer, "shop.lab:443");
  if (answer.status !== 200) return { works: false, answer };
  await peer.send(HELLO);
  const piece = await peer.reader.next().catch(() => null);
  return { works: piece !== null && piece[0] === 0x15, answer };
};

const askOther = (gateway: LabGateway) => statusOf("other.lab", gateway);

async function statusOf(host: string, { address }: LabGateway): Promise<number | null> {
  using peer = await dialClient(address);
  return (await exchange(peer, proxyGet(`http://${host}/`))).status;
}

/** Exits that are benched. The first failure of an outage may look like an exit's own; that is revised. */
function benched({ gateway }: LabGateway): string[] {
  return gateway.pool
    .snapshot()
    .flatMap(({ id, state, lastFault }) => (state === "benched" || state === "dead" ? [`${id} ${lastFault}`] : []));
}

function circuitStates({ events }: LabGateway): string[] {
  return events.flatMap((event) => (event.type === "circuit-changed" ? [event.to] : []));
}

async function untilDown(gateway: LabGateway): Promise<void> {
  for (let i = 0; i < 20 && !circuitStates(gateway).includes("open"); i++) await askShop(gateway);
  assert.deepEqual(circuitStates(gateway), ["open"]);
}

/** What was told of the first failures, before anybody knew, is revised in the records that are still there. */
function assertRevised({ gateway, events }: LabGateway): void {
  for (const event of events) {
    if (event.type !== "verdict-revised") continue;
    const { attempt, from, to, reason } = event;
    const kept = gateway.exchanges.get(event.id)?.revised ?? [];
    assert.ok(
      kept.some((revision) => revision.attempt === attempt && revision.from === from && revision.to === to && revision.reason === reason),
    );
  }
}

interface Outage {
  readonly what: string;
  readonly ask: Ask;
  readonly trouble: Behaviour | null;
  readonly refusal: Behaviour | null;
}

const OUTAGES: readonly Outage[] = [
  { what: "whose exits answer 502 without a word", ask: askShop, trouble: null, refusal: bare502 },
  { what: "whose tunnels are refused with a 502 without a word", ask: tunnelToShop, trouble: null, refusal: bare502 },
  { what: "that closes tunnels before the first byte", ask: tunnelToShop, trouble: fin, refusal: null },
  { what: "that falls silent", ask: tunnelToShop, trouble: silence, refusal: null },
];

for (const { what, ask, trouble, refusal } of OUTAGES) {
  test(`a site ${what} is not asked any more, and no exit is benched for it`, async () => {
    await using lab = await startWorld();
    const { world, gateway } = lab;
    for (let i = 0; i < 2 * EXITS; i++) {
      assert.ok((await ask(gateway)).works);
      assert.equal(await askOther(gateway), 200);
    }

    Object.assign(world, { trouble, refusal });
    for (let i = 0; i < 20 && !circuitStates(gateway).includes("open"); i++) {
      assert.ok(!(await ask(gateway)).works);
      assert.equal(await askOther(gateway), 200, "another site is served meanwhile");
    }
    assert.deepEqual(circuitStates(gateway), ["open"]);
    world.requests = 0;
    const { answer } = await ask(gateway);
    assert.ok((answer.status ?? 0) >= 502);
    assert.match(fieldValue(answer.fields, "retry-after") ?? "", /^[12]$/);
    assert.match(fieldValue(answer.fields, "proxy-status") ?? "", /culprit=origin/);
    assert.equal(world.requests, 0, "no exit was used");
    assert.deepEqual(benched(gateway), []);
    assert.equal(await askOther(gateway), 200);

    assertRevised(gateway);
    for (const event of gateway.events) {
      if (event.type !== "exchange-ended") continue;
      for (const { culprit, hop } of event.record.attempts) if (culprit !== null) assert.equal(hop, culprit === "exit" ? 1 : 2, culprit);
    }

    Object.assign(world, { trouble: null, refusal: null });
    world.skewMs += 1500;
    assert.ok((await ask(gateway)).works, "the first request once a probe is due finds out");
    assert.deepEqual(circuitStates(gateway), ["open", "half-open", "closed"]);
    for (let i = 0; i < EXITS; i++) assert.ok((await ask(gateway)).works);
    assert.deepEqual(benched(gateway), []);
    assert.ok(gateway.gateway.pool.snapshot().every(({ state }) => state === "healthy" || state === "untried"));
  });
}

test("of many requests that come when a probe is due, one is let through", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  for (let i = 0; i < EXITS; i++) assert.ok((await askShop(gateway)).works);
  world.trouble = afterHead(fin);
  await untilDown(gateway);
  world.trouble = afterHead(silence);
  world.skewMs += 1500;
  world.requests = 0;
  const answers = await Promise.all(Array.from({ length: 10 }, () => askShop(gateway)));
  assert.ok(answers.every(({ works }) => !works));
  assert.equal(world.requests, 1);
  assert.deepEqual(benched(gateway), []);
});

/** A pool in front of nothing, whose exits stand in one network. */
async function startBare(behaviours: readonly (Behaviour | null)[]) {
  const stack = new AsyncDisposableStack();
  const lines: string[] = [];
  for (const [i, behaviour] of behaviours.entries()) {
    const server = await startLabServer(behaviour ?? silence);
    if (behaviour === null) await server[Symbol.asyncDispose]();
    else stack.use(server);
    lines.push(`http://${server.host}:${server.port} id=e${i}`);
  }
  const gateway = stack.use(await startLabGateway({ exits: lines }));
  return { gateway, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

async function asksUntilTold(gateway: LabGateway, most: number): Promise<number | null> {
  for (let asked = 1; asked <= most; asked++) {
    if (fieldValue((await askShop(gateway)).answer.fields, "retry-after") !== null) return asked;
  }
  return null;
}

test("an exit that is broken is no witness: the three that are left tell that a site is down", async () => {
  await using lab = await startBare([null, afterHead(bare502), afterHead(bare502), afterHead(bare502)]);
  assert.notEqual(await asksUntilTold(lab.gateway, 12), null, "its circuit has not opened");
});

const OTHERS = ["a.lab", "b.lab", "c.lab", "d.lab", "e.lab"];

test("a lone exit that serves others tells that a site is down; one that serves nobody makes no site count as down", async () => {
  for (const isSiteDown of [true, false]) {
    let broken = "";
    const sites: Behaviour = async (peer) => {
      const start = (await peer.reader.peek(19)).toString("latin1");
      await afterHead(start.includes(broken) && broken !== "" ? bare502 : page)(peer);
    };
    await using lab = await startBare([sites]);
    const { gateway } = lab;
    for (const host of OTHERS) assert.equal(await statusOf(host, gateway), 200);
    broken = isSiteDown ? "shop.lab" : ".lab";
    for (const host of [...OTHERS, ...OTHERS]) {
      await statusOf(host, gateway);
      await askShop(gateway);
    }
    assert.deepEqual(circuitStates(gateway).slice(0, 1), isSiteDown ? ["open"] : []);
  }
});

test("what all exits of a pool do to a site makes it count as down only once each has, the one that was benched for it too", async () => {
  await using lab = await startBare(Array.from({ length: 6 }, () => afterHead(fin)));
  const { gateway } = lab;
  const failed = new Set<string>();
  for (let asked = 0; asked < 20 && !circuitStates(gateway).includes("open"); asked++) {
    await askShop(gateway);
    for (const { exit, culprit } of (await gateway.nextRecord()).attempts) if (culprit === "origin") failed.add(exit ?? "");
    if (failed.size < 6) assert.deepEqual(circuitStates(gateway), []);
  }
});

test("what an open circuit answers says what the site failed with, and why nothing was tried", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  for (let i = 0; i < EXITS; i++) assert.ok((await askShop(gateway)).works);
  world.refusal = bare502;
  await untilDown(gateway);
  await askShop(gateway);
  const records = gateway.gateway.exchanges.recent(1, { outcome: null, fault: null, exit: null });
  const [record] = records;
  assert.equal(record?.outcome, "failed");
  assert.equal(record?.status, 502);
  assert.equal(record?.attempts.length, 0);
  assert.equal(record?.verdict?.culprit, "origin");
  assert.match(record?.verdict?.evidence[0] ?? "", /^the target counts as down: it failed through \d+ exits of \d networks/);
});

test("clients that give a slow site too little time take it, and its exits, from nobody", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  world.trouble = afterHead(silence);
  const answers = Array.from({ length: 5 }, async () => {
    using peer = await dialClient(gateway.address);
    return (await exchange(peer, proxyGet("http://shop.lab/", basic("any-timeout-1:x")))).status;
  });
  assert.deepEqual(await Promise.all(answers), [504, 504, 504, 504, 504]);
  assert.deepEqual(circuitStates(gateway), []);
  assert.deepEqual(benched(gateway), []);
});

test("circuits that a reload switches off keep nobody from a site", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  for (let i = 0; i < EXITS; i++) assert.ok((await askShop(gateway)).works);
  world.refusal = bare502;
  await untilDown(gateway);
  const { config } = gateway;
  const { circuit } = config.exchange;
  await gateway.gateway.reload({ ...config, exchange: { ...config.exchange, circuit: { ...circuit, failures: 0 } } });
  world.requests = 0;
  await askShop(gateway);
  assert.ok(world.requests > 0);
});

test("a tunnel that was the probe and broke at its exit leaves its place to the next", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  world.trouble = fin;
  for (let i = 0; i < 20 && !circuitStates(gateway).includes("open"); i++) await tunnelToShop(gateway);
  assert.deepEqual(circuitStates(gateway), ["open"]);

  world.skewMs += 15 * 60_000;
  world.trouble = null;
  for (let i = 0; i < EXITS; i++) assert.equal(await askOther(gateway), 200);
  world.shut = "e0";
  for (let i = 0; i < 8; i++) assert.equal(await tunnelOver("e0", `t${i}.lab:443`, gateway), null);
  assert.equal(await tunnelOver("e0", "shop.lab:443", gateway), null);
  const [record] = gateway.gateway.exchanges.recent(1, { outcome: null, fault: null, exit: null });
  assert.deepEqual([record?.attempts.length, record?.verdict?.culprit], [1, "exit"]);
  assert.deepEqual(circuitStates(gateway), ["open", "half-open", "open"]);
  assert.ok((await tunnelToShop(gateway)).works);
});

test("a tunnel that was the probe and whose client says nothing leaves its place to the next", async () => {
  await using lab = await startWorld();
  const { world, gateway } = lab;
  world.trouble = fin;
  for (let i = 0; i < 20 && !circuitStates(gateway).includes("open"); i++) await tunnelToShop(gateway);
  world.trouble = null;
  world.skewMs += 1500;
  using peer = await dialClient(gateway.address);
  assert.equal((await askConnect(peer, "shop.lab:443")).status, 200);
  assert.equal((await tunnelToShop(gateway)).answer.status, 502, "one probe at a time");
  while (circuitStates(gateway).at(-1) === "half-open") await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok((await tunnelToShop(gateway)).works);
});

/** The first piece out of a tunnel over one exit; null: it closed before. */
async function tunnelOver(exit: string, target: string, { address }: LabGateway): Promise<Buffer | null> {
  using peer = await dialClient(address);
  await askConnect(peer, target, basic(`any-exit-${exit}:x`));
  await peer.send(HELLO);
  return await peer.reader.next().catch(() => null);
}

test("a site that has never answered but with 503 and a time counts as down for that time, once each of a few exits has met it", async () => {
  await using site = await startRawTarget(() => "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nServer: app\r\nContent-Length: 4\r\n\r\nbusy");
  const exits = [0, 1, 2, 3].map((i) => `http://u${i}@${site.host}:${site.port} id=e${i} provider=p${i}`);
  await using gateway = await startLabGateway({ exits });
  const ask = async () => {
    using peer = await dialClient(gateway.address);
    return await exchange(peer, proxyGet("http://shop.lab/"));
  };
  const opened = () => gateway.events.some((event) => event.type === "circuit-changed" && event.to === "open");
  for (let i = 0; i < 40 && !opened(); i++) await ask();
  assert.ok(opened());
  const asked = site.requests.length;
  const answer = await ask();
  assert.equal(answer.status, 503);
  assert.ok(Number(fieldValue(answer.fields, "retry-after")) > 30);
  assert.equal(site.requests.length, asked);
});
