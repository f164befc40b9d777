import { setTimeout as delay } from "node:timers/promises";
import type { Gateway } from "../app.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import { type DemoRequest, type Failure, sendAll } from "./workload.ts";
import { type DemoWorld, NEWS, SHOP } from "./world.ts";

/** What came of a site that went down for a while, and of half of the good exits that did. */
export interface Outages {
  readonly site: {
    /** Requests for it while it was down, and those of them that were answered without an attempt. */
    readonly asked: number;
    readonly spared: number;
    /** Good exits that were out of use at its end. */
    readonly benched: number;
    readonly goodExits: number;
    /** Of the requests for the other site meanwhile. */
    readonly others: Count;
    /** Milliseconds until a request for it was answered again; null: none was. */
    readonly backMs: number | null;
  };
  readonly exits: { readonly down: readonly string[]; readonly requests: Count };
}

interface Count {
  readonly all: number;
  readonly answered: number;
}

interface Stage {
  readonly world: DemoWorld;
  readonly gateway: Gateway;
  /** Records of exchanges that end from now on. */
  readonly heard: readonly ExchangeRecord[];
  readonly send: (request: DemoRequest) => Promise<Failure>;
}

const WARM_UP = 24;
const REQUESTS = 60;
/** How long a site that is back is waited for. Milliseconds. */
const BACK_MS = 5000;
const LOOK_MS = 50;

/** A site goes down and comes back; then half of the good exits go down. */
export async function playOutages(stage: Stage): Promise<Outages> {
  return { site: await playSiteDown(stage), exits: await playExitsDown(stage) };
}

async function playSiteDown({ world, gateway, heard, send }: Stage): Promise<Outages["site"]> {
  await sendAll(plan(WARM_UP, [NEWS]), send, () => {});
  world.news.isDown = true;
  const from = heard.length;
  const { failures } = await sendAll(plan(REQUESTS, [NEWS, SHOP]), send, () => {});
  const ofNews = heard.slice(from).filter(({ target }) => target.includes(NEWS));
  const good = new Set(world.exits.filter(({ trouble }) => trouble === null).map(({ exit }) => exit.id));
  const states = gateway.pool.snapshot().filter(({ id }) => good.has(id));
  world.news.isDown = false;
  const lost = failures.filter(({ request }) => request.url.hostname === SHOP).length;
  return {
    asked: REQUESTS / 2,
    spared: ofNews.filter(({ attempts }) => attempts.length === 0).length,
    benched: states.filter(({ state }) => state === "benched" || state === "dead").length,
    goodExits: good.size,
    others: { all: REQUESTS / 2, answered: REQUESTS / 2 - lost },
    backMs: await untilBack(send),
  };
}

async function untilBack(send: Stage["send"]): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < BACK_MS) {
    const [request] = plan(1, [NEWS]) as [DemoRequest];
    if ((await send(request)) === null) return performance.now() - startedAt;
    await delay(LOOK_MS);
  }
  return null;
}

async function playExitsDown({ world, send }: Stage): Promise<Outages["exits"]> {
  const down = await world.takeHalfDown();
  const { failures } = await sendAll(plan(REQUESTS, [SHOP]), send, () => {});
  return { down, requests: { all: REQUESTS, answered: REQUESTS - failures.length } };
}

/** HTTP and HTTPS by turns, host after host. */
function plan(count: number, hosts: readonly string[]): readonly DemoRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = 100 + index;
    const scheme = Math.floor(index / hosts.length) % 2 === 0 ? "http" : "https";
    return { url: new URL(`${scheme}://${hosts[index % hosts.length]}/bytes/${bytes}`), bytes };
  });
}
