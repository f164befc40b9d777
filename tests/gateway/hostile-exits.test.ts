import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import { BAD_ANSWERS, keepAliveRace } from "../../src/lab/bad-answers.ts";
import { BAD_SOCKS, BAD_TUNNELS } from "../../src/lab/bad-exits.ts";
import { afterHead, fin, rst } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { openConnect, openSocks5, proxyGet, readAnswer } from "../../src/lab/raw-client.ts";
import { type Refusal, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { helloMessage, inRecords } from "../wire/client-hello-bytes.ts";
import { dialClient, disposable, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";

const EXCHANGES = 2000;
const AT_ONCE = 120;
const CONNECTIONS = 500;

/** The same draws in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const REFUSED: readonly Refusal[] = [
  "auth407",
  "denied403",
  "squidRefused",
  "nginx502",
  "bare503",
  "brightDataPeer",
  "rate429",
  "oxylabsNoExit",
];

/** HTTP exits and SOCKS exits that break in every way that the lab knows. */
function hostiles(): { scheme: "http" | "socks5h"; behave: Behaviour }[] {
  const asHttp = [
    ...Object.values(BAD_ANSWERS).map((behave) => afterHead(behave)),
    ...Object.values(BAD_TUNNELS),
    ...REFUSED.map((refusal) => refuses(refusal)),
    keepAliveRace(fin),
    keepAliveRace(rst),
    fin,
    rst,
  ];
  return [
    ...asHttp.map((behave) => ({ scheme: "http" as const, behave })),
    ...Object.values(BAD_SOCKS).map((behave) => ({ scheme: "socks5h" as const, behave })),
  ];
}

async function startWorld() {
  const stack = new AsyncDisposableStack();
  const site = stack.use(await startSite());
  const lines = ["http://127.0.0.1:1 id=refused"];
  for (const [index, { scheme, behave }] of hostiles().entries()) {
    const { host, port } = stack.use(await startLabServer(behave));
    lines.push(`${scheme}://${host}:${port} id=bad${index}`);
  }
  for (let i = 0; i < 3; i++) {
    const http = stack.use(await startHttpExit());
    const socks = stack.use(await startSocksExit());
    lines.push(`http://${http.host}:${http.port} id=http${i}`, `socks5h://${socks.host}:${socks.port} id=socks${i}`);
  }
  return { stack, site, lines };
}

const HELLO = inRecords(helloMessage({ serverName: "localhost" }));

/** One client, which may leave at any moment. */
async function play(gateway: LabGateway, site: { host: string; port: number }, random: () => number): Promise<void> {
  const draw = Math.floor(random() * 8);
  const leaves = random() < 0.2;
  const url = `http://${site.host}:${site.port}/bytes/${Math.floor(random() * 3) * 40_000}`;
  if (draw < 2) {
    const { peer } = draw === 0 ? await openConnect(gateway.address, `${site.host}:${site.port}`) : await openSocks5(gateway.address, site);
    using _ = disposable(peer);
    if (peer.wire.destroyed) return;
    await peer.send(random() < 0.5 ? HELLO : `GET /bytes/100 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`).catch(() => {});
    if (!leaves) await readAnswer(peer, "GET").catch(() => {});
    return;
  }
  using peer = await dialClient(gateway.address);
  const body = "b".repeat(Math.floor(random() * 2000));
  const post = `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length + (draw === 3 ? 10 : 0)}\r\n\r\n${body}`;
  await peer.send(draw < 5 ? post : proxyGet(url).repeat(draw === 7 ? 2 : 1)).catch(() => {});
  if (leaves || draw === 3) {
    if (random() < 0.5) peer.reset();
    return;
  }
  await readAnswer(peer, "GET");
  if (draw === 7) await readAnswer(peer, "GET");
}

/** `connectTcp` that knows which of its sockets are open. */
function countingDialler(): { readonly open: Set<unknown>; readonly dial: typeof connectTcp } {
  const open = new Set<unknown>();
  return {
    open,
    dial: async (...given) => {
      const outcome = await connectTcp(...given);
      if ("interruption" in outcome) return outcome;
      const { socket } = outcome;
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      return outcome;
    },
  };
}

/** Whether so many clients are served at a time: a connection that was left open would be missing. */
async function serves(gateway: LabGateway, count: number): Promise<boolean> {
  using stack = new DisposableStack();
  const peers = await Promise.all(Array.from({ length: count }, async () => stack.use(await dialClient(gateway.address))));
  const answers = await Promise.all(
    peers.map((peer) =>
      exchange(peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").then(
        ({ status }) => status,
        () => null,
      ),
    ),
  );
  return answers.every((status) => status === 400);
}

async function becomes(what: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; Date.now() < until; ) {
    if (await what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return what();
}

test(`${EXCHANGES} exchanges over hostile exits leave no socket, no lease and no exchange open`, { timeout: 50_000 }, async () => {
  const { stack, site, lines } = await startWorld();
  const dialler = countingDialler();
  await using gateway = await startLabGateway({
    exits: lines,
    timeouts: {
      connect: 1000,
      handshake: 300,
      tls: 300,
      head: 300,
      bodyIdle: 400,
      total: 1500,
      evidence: 100,
      clientGone: 300,
      tunnelIdle: 500,
      tunnelHalfClosed: 300,
      clientIdle: 1000,
      clientHead: 1000,
    },
    exchange: { limits: { ...DEFAULTS.limits, connections: CONNECTIONS } },
    options: { random: seeded(1), connectTcp: dialler.dial },
  });
  const random = seeded(2);
  let started = 0;
  const clients = Array.from({ length: AT_ONCE }, async () => {
    while (started < EXCHANGES) {
      started += 1;
      await play(gateway, site, random);
    }
  });
  await Promise.all(clients);
  const exits = gateway.gateway.pool.snapshot();
  const left = () => exits.length > 0 && gateway.gateway.pool.snapshot().every(({ inFlight }) => inFlight === 0);
  assert.ok(await becomes(left, 10_000), "leases are left open");
  await stack[Symbol.asyncDispose]();
  assert.ok(await becomes(() => dialler.open.size === 0, 10_000), `${dialler.open.size} sockets are left open`);
  assert.ok(await becomes(() => serves(gateway, CONNECTIONS), 10_000), "client connections are left open");
  const count = (type: string) => gateway.events.filter((event) => event.type === type).length;
  assert.equal(count("tunnel-opened"), count("tunnel-closed"));
  const ids = gateway.events.flatMap((event) => (event.type === "exchange-ended" ? [event.record.id] : []));
  assert.ok(ids.length > EXCHANGES * 0.8, `${ids.length} exchanges were recorded`);
  assert.equal(new Set(ids).size, ids.length, "each exchange ends once");
  assert.deepEqual(
    gateway.events.filter((event) => event.type === "warning"),
    [],
    "nothing was a bug",
  );
});
