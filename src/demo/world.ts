import type { HostPort } from "../core/address.ts";
import type { Exit, ExitScheme } from "../core/route.ts";
import { BAD_ANSWERS } from "../lab/bad-answers.ts";
import { BAD_SOCKS, BAD_TUNNELS, byMethod, diesAtFirst } from "../lab/bad-exits.ts";
import { afterBytes, afterHead, fin } from "../lab/behaviours.ts";
import { createAuthority, type LabAuthority } from "../lab/certificates.ts";
import { startEdge } from "../lab/edge.ts";
import { httpExit, startHttpExit } from "../lab/http-exit.ts";
import { dialLab, splice } from "../lab/lab-connection.ts";
import { findClosedPort, type LabServer, type LabTls, startLabServer } from "../lab/lab-server.ts";
import type { Reach } from "../lab/reach.ts";
import { refuses } from "../lab/refusals.ts";
import { startSite } from "../lab/site.ts";
import { startSocksExit } from "../lab/socks-exit.ts";
import { exitAt, Props } from "../lab/stages/scenes.ts";
import { badTls } from "../lab/tls-trouble.ts";

/** One exit of the demo's pool. */
export interface DemoExit {
  readonly exit: Exit;
  /** What is wrong with it, as the end of a sentence that begins with its id; null: nothing. */
  readonly trouble: string | null;
}

/** The demo's own internet: two sites behind an edge, over HTTP and HTTPS, and a pool of exits that lead there. */
export interface DemoWorld extends AsyncDisposable {
  readonly authority: LabAuthority;
  readonly exits: readonly DemoExit[];
  /** The site that goes down for a while: then it closes every connection without a word. */
  readonly news: { isDown: boolean };
  /** Takes every second good exit down for good: it refuses TCP. Their ids. */
  takeHalfDown(): Promise<readonly string[]>;
}

/** The site that works. */
export const SHOP = "shop.lab";
/** The site whose edge has lost its origin. */
export const DOWN = "down.lab";
/** The site that goes down for a while. */
export const NEWS = "news.lab";
/** An exit by which no request gets through at the first try. */
export const SHAKY = "shaky";

/** How soon the second try has to come there. */
const GRACE_MS = 300;

export async function startDemoWorld(): Promise<DemoWorld> {
  const props = new Props();
  try {
    const authority = createAuthority();
    const news = { isDown: false };
    const reach = { ...(await openSites(props, authority)), ...(await openNews(props, authority, news)) };
    const good = await openGoodExits(props, authority, reach);
    const exits = [...good.map(({ exit }) => exit), ...(await openBadExits(props, authority, reach))];
    const takeHalfDown = async () => {
      const half = good.filter((_, index) => index % 2 === 1);
      await Promise.all(half.map(({ server }) => server[Symbol.asyncDispose]()));
      return half.map(({ exit }) => exit.exit.id);
    };
    return { authority, exits, news, takeHalfDown, [Symbol.asyncDispose]: () => props[Symbol.asyncDispose]() };
  } catch (error) {
    await props[Symbol.asyncDispose]();
    throw error;
  }
}

async function openSites(props: Props, authority: LabAuthority): Promise<Reach> {
  const origins = { [SHOP]: await props.use(startSite()), [DOWN]: await findClosedPort() };
  const edge = await props.use(startEdge(origins));
  const secureEdge = await props.use(startEdge(origins, authority.issue({ names: [SHOP, DOWN] })));
  return { [`${SHOP}:80`]: edge, [`${DOWN}:80`]: edge, [`${SHOP}:443`]: secureEdge, [`${DOWN}:443`]: secureEdge };
}

async function openNews(props: Props, authority: LabAuthority, news: { readonly isDown: boolean }): Promise<Reach> {
  const open = async (tls: LabTls | null) => {
    const site = await props.use(startSite(tls));
    return await props.use(startLabServer(async (peer) => (news.isDown ? fin(peer) : splice(peer, await dialLab(site)))));
  };
  return { [`${NEWS}:80`]: await open(null), [`${NEWS}:443`]: await open(authority.issue({ names: [NEWS] })) };
}

interface GoodExit {
  readonly exit: DemoExit;
  readonly server: LabServer;
}

/** The exits of one place are one provider's. */
function providerOf(id: string): Readonly<Record<string, string>> {
  return { provider: id.split("-", 1)[0] ?? id };
}

async function openGoodExits(props: Props, authority: LabAuthority, reach: Reach): Promise<GoodExit[]> {
  const tls = authority.issue({ names: ["127.0.0.1"] });
  const good = (id: string, server: LabServer, scheme: ExitScheme): GoodExit => ({
    exit: { exit: exitAt(server, scheme, { id, tags: providerOf(id) }), trouble: null },
    server,
  });
  return [
    good("fra-1", await props.use(startHttpExit({ reach })), "http"),
    good("fra-2", await props.use(startHttpExit({ reach })), "http"),
    good("ams-1", await props.use(startHttpExit({ reach, tls })), "https"),
    good("ams-2", await props.use(startHttpExit({ reach })), "http"),
    good("nyc-1", await props.use(startSocksExit({ reach })), "socks5h"),
    good("nyc-2", await props.use(startSocksExit({ reach })), "socks4a"),
    good("nyc-3", await props.use(startSocksExit({ reach, byteWise: true })), "socks5h"),
    good("sgp-1", await props.use(startHttpExit({ reach, delayMs: 40 })), "http"),
    good("sgp-2", await props.use(startHttpExit({ reach, opened: "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n" })), "http"),
  ];
}

async function openBadExits(props: Props, authority: LabAuthority, reach: Reach): Promise<DemoExit[]> {
  const bad = (id: string, at: HostPort, scheme: ExitScheme, trouble: string): DemoExit => ({
    exit: exitAt(at, scheme, { id, tags: providerOf(id) }),
    trouble,
  });
  const server = async (behave: Parameters<typeof startLabServer>[0]) => props.use(startLabServer(behave));
  const works = httpExit({ reach, closes: true });
  const shaky = exitAt(await server(diesAtFirst(GRACE_MS, works)), "http", { id: SHAKY });
  return [
    bad("fra-3", await findClosedPort(), "http", "refuses TCP"),
    bad("ams-3", { host: "gone.exit.lab", port: 8080 }, "http", "has a name that does not exist"),
    bad("ams-4", await server(BAD_ANSWERS.silence), "http", "accepts and never answers"),
    bad("ams-5", await server(afterHead(BAD_ANSWERS.fin)), "http", "closes without an answer"),
    bad("nyc-4", await server(afterHead(BAD_ANSWERS.rst)), "http", "resets without an answer"),
    bad("nyc-5", await server(afterHead(BAD_ANSWERS.garbage)), "http", "answers with garbage"),
    bad("nyc-6", await server(BAD_ANSWERS.sshBanner), "http", "is an SSH server"),
    bad("sgp-3", await server(refuses("auth407")), "http", "wants a password that the list has not"),
    bad("sgp-4", await server(refuses("squidDenied")), "http", "is a Squid that lets nobody through"),
    bad("sgp-5", await server(refuses("brightDataPeer")), "http", "is a vendor with no exit left"),
    bad("gru-1", await server(byMethod(BAD_TUNNELS.finAfterHello, afterHead(BAD_ANSWERS.halfHead))), "http", "opens, then breaks off"),
    bad("gru-2", await server(afterBytes(BAD_SOCKS.http)), "socks5h", "is listed as SOCKS5 and speaks HTTP"),
    bad("gru-3", await props.use(startHttpExit({ tls: badTls(authority, "127.0.0.1").expired })), "https", "has an expired certificate"),
    { exit: { ...shaky, rotating: true }, trouble: "drops every request that is not tried again at once" },
  ];
}
