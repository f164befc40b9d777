import type { HostPort } from "../../../src/core/address.ts";
import { BAD_ANSWERS } from "../../../src/lab/bad-answers.ts";
import { afterHead, fin, firstly, says, silence } from "../../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../../src/lab/block-pages.ts";
import { createAuthority } from "../../../src/lab/certificates.ts";
import { startEdge } from "../../../src/lab/edge.ts";
import { startFullBacklog } from "../../../src/lab/full-backlog.ts";
import { startHttpExit } from "../../../src/lab/http-exit.ts";
import { formatAnswer } from "../../../src/lab/lab-http.ts";
import { type Behaviour, findClosedPort, startLabServer } from "../../../src/lab/lab-server.ts";
import { nginxPage, refuses } from "../../../src/lab/refusals.ts";
import { startSite } from "../../../src/lab/site.ts";
import { startSocksExit } from "../../../src/lab/socks-exit.ts";
import { startInterceptor } from "../../../src/lab/zoo/web-proxy.ts";
import { startLabGateway } from "../../gateway/lab-gateway.ts";
import type { Program } from "../../real/peers/programs.ts";
import { GATEWAY, PROXY, SECOND, SECURE_SITE, SITE, type Start } from "./cast.ts";
import { files, haproxyCfg, harOf, nginxConf } from "./files.ts";
import { REAL_WORLDS } from "./real-worlds.ts";

const MAINTENANCE = formatAnswer(503, { "Retry-After": "120", "Content-Type": "text/plain" }, "back at noon\n");
const CHALLENGE_503 = formatAnswer(
  503,
  { Server: "cloudflare", "CF-RAY": "8f1e2d3c4b5a6978-FRA", "cf-mitigated": "challenge", "Content-Type": "text/html; charset=UTF-8" },
  "<!DOCTYPE html><title>Just a moment...</title>\n",
);

/** Who is behind the names that a guide's commands use. */
export interface World extends AsyncDisposable {
  /** Addresses by name, as `proxy.example:3128`. */
  readonly names: Readonly<Record<string, HostPort>>;
  /** Files and folders by the name that the commands have for them. */
  readonly paths: Readonly<Record<string, string>>;
}

/** @param name as `<!-- shown with: NAME -->` before a block says. */
export async function startWorld(name: string): Promise<World> {
  const start = LAB_WORLDS[name] ?? REAL_WORLDS[name]?.start;
  if (start === undefined)
    throw new Error(`no world is called ${name}: there are ${[LAB_WORLDS, REAL_WORLDS].flatMap(Object.keys).join(", ")}`);
  const props = new AsyncDisposableStack();
  try {
    const cast = Object.entries(await start(props));
    const names = cast.filter((one): one is [string, HostPort] => typeof one[1] !== "string");
    const paths = cast.filter((one): one is [string, string] => typeof one[1] === "string");
    return { names: Object.fromEntries(names), paths: Object.fromEntries(paths), [Symbol.asyncDispose]: () => props.disposeAsync() };
  } catch (error) {
    await props.disposeAsync();
    throw error;
  }
}

/** Real programs that a world is made of. */
export function programsOf(world: string): readonly Program[] {
  return REAL_WORLDS[world]?.needs ?? [];
}

/** Worlds that need no program of the machine. */
const LAB_WORLDS: Readonly<Record<string, Start>> = {
  nothing: async () => ({}),
  "all well": behind(startHttpExit, startSite),
  "dead proxy": behind(findClosedPort, startSite),
  "dead site": behind(startHttpExit, findClosedPort),
  "dead site, two proxies": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    [SECOND]: props.use(await startSocksExit()),
    [SITE]: await findClosedPort(),
  }),
  "dead backend": behind(startHttpExit, async () => startEdge({ "*": await findClosedPort() })),
  "socks proxy": behind(startSocksExit, startSite),
  "the five causes": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    "gone.example:3128": await findClosedPort(),
    "socks.example:1080": props.use(await startSocksExit()),
    [SITE]: props.use(await startSite()),
    "odd.example:80": props.use(await startLabServer(BAD_ANSWERS.lengthAndChunked)),
    "down.example:80": await findClosedPort(),
  }),
  "a site for each status": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    "refused.example:80": props.use(await startLabServer(refuses("nginx502"))),
    "overloaded.example:80": props.use(await startLabServer(refuses("haproxy503"))),
    "slow.example:80": props.use(await startLabServer(afterHead(says(nginxPage(504, "Gateway Time-out"), fin)))),
    "failing.example:80": props.use(await startLabServer(refuses("bare500"))),
    "unwanted.example:80": props.use(await startLabServer(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin)))),
  }),
  "tls proxy": behind(() => startHttpExit({ tls: createAuthority().issue({ names: ["proxy.example"] }) }), startSite),
  "ssh where the proxy was": behind(() => startLabServer(BAD_ANSWERS.sshBanner), startSite),
  "unreachable proxy": async (props) => ({ [PROXY]: props.use(await startFullBacklog()), [SITE]: props.use(await startSite()) }),
  "unreachable site": async (props) => ({ [PROXY]: props.use(await startHttpExit()), [SITE]: props.use(await startFullBacklog()) }),
  "broken chain": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    [SECOND]: await findClosedPort(),
    [SITE]: props.use(await startSite()),
  }),
  "bad framing": servesBadly(BAD_ANSWERS.lengthAndChunked),
  "no http": servesBadly(BAD_ANSWERS.garbage),
  "silent site": servesBadly(silence),
  "closing site": servesBadly(afterHead(fin)),
  "flaky site": behind(startHttpExit, () =>
    startLabServer(firstly(2, afterHead(fin), afterHead(says(formatAnswer(200, { Connection: "close" }, "fine\n"), fin)))),
  ),
  "failing application": behind(startHttpExit, () => startLabServer(refuses("bare500"))),
  "overloaded site": servesBadly(refuses("haproxy503")),
  "blocking site": servesBadly(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin))),
  "limiting site": servesBadly(refuses("rate429")),
  "proxy wants a password": behind(() => startHttpExit({ credentials: { username: "user", password: "secret" } }), startSite),
  "who refuses": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    "denying.example:3128": props.use(await startLabServer(refuses("squidDenied"))),
    "closed.example:3128": props.use(await startLabServer(refuses("auth407"))),
    "vendor.example:3128": props.use(await startLabServer(refuses("brightDataRate"))),
    "guarded.example:80": props.use(await startLabServer(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin)))),
    "limiting.example:80": props.use(await startLabServer(refuses("rate429"))),
    [SITE]: props.use(await startSite()),
  }),
  "proxy wants an odd password": behind(() => startHttpExit({ credentials: { username: "user", password: "p@ss:w/rd" } }), startSite),
  "application in maintenance": servesBadly(afterHead(says(MAINTENANCE, fin))),
  "challenging site": servesBadly(afterHead(says(CHALLENGE_503, fin))),
  "too many for the plan": behind(() => startLabServer(refuses("brightDataRate")), startSite),
  "overloaded proxy": behind(() => startLabServer(refuses("haproxy503")), startSite),
  "proxy that fails alone": behind(() => startLabServer(refuses("bare500")), startSite),
  "proxy denies": behind(() => startLabServer(refuses("squidDenied")), startSite),
  "plan used up": behind(() => startLabServer(refuses("brightDataQuota")), startSite),
  "intercepting proxy": async (props) => {
    const names = ["site.example", "127.0.0.1"] as const;
    return {
      [PROXY]: props.use(await startInterceptor(createAuthority("The proxy's own authority").issue({ names }))),
      [SECURE_SITE]: props.use(await startSite(createAuthority("The site's authority").issue({ names }))),
    };
  },
  "gateway over dead exits": async (props) => {
    const closed = await findClosedPort();
    const gateway = props.use(await startLabGateway({ exits: [`http://127.0.0.1:${closed.port} id=de-7`] }));
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startSite()) };
  },
  "gateway over mixed exits": async (props) => {
    const closed = await findClosedPort();
    const good = props.use(await startHttpExit());
    const exits = [`http://127.0.0.1:${closed.port} id=de-7 weight=1000`, `http://127.0.0.1:${good.port} id=fr-2`];
    const gateway = props.use(await startLabGateway({ exits }));
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startSite()) };
  },
  "gateway over good exits, dead site": async (props) => {
    const exits = [props.use(await startHttpExit()), props.use(await startHttpExit()), props.use(await startHttpExit())];
    const gateway = props.use(await startLabGateway({ exits: exits.map(({ port }, i) => `http://127.0.0.1:${port} id=de-${i + 1}`) }));
    return { [GATEWAY]: gateway.address, [SITE]: await findClosedPort() };
  },
  "a line of HAProxy's log": files({
    "haproxy.log":
      'Nov 27 10:00:00 lb haproxy[7]: 192.0.2.7:50000 [27/Nov/2026:10:00:00.000] web app/app-1 0/0/-1/-1/3 503 217 - - SC-- 1/1/0/0/3 0/0 "GET / HTTP/1.1"\n',
  }),
  "a config with a small buffer": files({ "nginx.conf": nginxConf("proxy_buffer_size 2k;") }),
  "nginx that waits as long as it does": files({ "nginx.conf": nginxConf(), "haproxy.cfg": haproxyCfg(90) }),
  "nginx that waits 20 s": files({ "nginx.conf": nginxConf("proxy_read_timeout 20s;"), "haproxy.cfg": haproxyCfg(30) }),
  "slow clouds": files({
    "cloudfront.har": harOf({
      ms: 30_041,
      status: 504,
      fields: { server: "CloudFront", "x-cache": "Error from cloudfront", via: "1.1 a1b2c3.cloudfront.net (CloudFront)" },
      page: "",
    }),
    "elb.har": harOf({
      ms: 60_022,
      status: 504,
      fields: { server: "awselb/2.0", "content-type": "text/html" },
      page: "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n",
    }),
    "cloudflare.har": harOf({
      ms: 100_104,
      status: 524,
      fields: { server: "cloudflare", "cf-ray": "8f1e2d3c4b5a6978-FRA" },
      page: "error code: 524",
    }),
  }),
  "gateway, silent site": gatewayTo(silence),
  "gateway, failing application": gatewayTo(refuses("bare500")),
  "gateway, limiting site": gatewayTo(refuses("rate429")),
  "gateway, bad framing": async (props) => {
    const gateway = props.use(await startLabGateway());
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startLabServer(afterHead(BAD_ANSWERS.lengthAndChunked))) };
  },
};

/** A gateway that waits half a second for an answer, two exits, and what is behind them. */
function gatewayTo(behave: Behaviour): Start {
  return async (props) => {
    const exits = [props.use(await startHttpExit()), props.use(await startHttpExit())].map(
      ({ port }, i) => `http://127.0.0.1:${port} id=de-${i + 1}`,
    );
    const gateway = props.use(await startLabGateway({ exits, timeouts: { head: 500 } }));
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startLabServer(behave)) };
  };
}

/** A proxy, and what is behind it. */
function behind(proxy: () => Promise<HostPort>, site: () => Promise<HostPort>): Start {
  return async (props) => ({ [PROXY]: hold(props, await proxy()), [SITE]: hold(props, await site()) });
}

function hold(props: AsyncDisposableStack, one: HostPort & Partial<AsyncDisposable>): HostPort {
  props.defer(async () => one[Symbol.asyncDispose]?.());
  return one;
}

function servesBadly(behave: Behaviour): Start {
  return behind(startHttpExit, () => startLabServer(behave));
}
