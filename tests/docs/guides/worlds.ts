import type { HostPort } from "../../../src/core/address.ts";
import { BAD_ANSWERS } from "../../../src/lab/bad-answers.ts";
import { afterHead, fin, says, silence } from "../../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../../src/lab/block-pages.ts";
import { startEdge } from "../../../src/lab/edge.ts";
import { startHttpExit } from "../../../src/lab/http-exit.ts";
import { type Behaviour, findClosedPort, type LabServer, startLabServer } from "../../../src/lab/lab-server.ts";
import { refuses } from "../../../src/lab/refusals.ts";
import { startSite } from "../../../src/lab/site.ts";
import { startSocksExit } from "../../../src/lab/socks-exit.ts";
import { startLabGateway } from "../../gateway/lab-gateway.ts";

/** Who is behind the names that a guide's commands use. */
export interface World extends AsyncDisposable {
  /** Addresses by name, as `proxy.example:3128`. */
  readonly names: Readonly<Record<string, HostPort>>;
}

type Start = (props: AsyncDisposableStack) => Promise<World["names"]>;

const PROXY = "proxy.example:3128";
const SITE = "site.example:80";
const SECOND = "second.example:1080";
const GATEWAY = "gateway.example:8080";

/** What the commands of the guides are shown with. */
const WORLDS: Readonly<Record<string, Start>> = {
  "all well": async (props) => ({ [PROXY]: props.use(await startHttpExit()), [SITE]: props.use(await startSite()) }),
  "dead proxy": async (props) => ({ [PROXY]: await findClosedPort(), [SITE]: props.use(await startSite()) }),
  "dead site": async (props) => ({ [PROXY]: props.use(await startHttpExit()), [SITE]: await findClosedPort() }),
  "socks proxy": async (props) => ({ [PROXY]: props.use(await startSocksExit()), [SITE]: props.use(await startSite()) }),
  "broken chain": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    [SECOND]: await findClosedPort(),
    [SITE]: props.use(await startSite()),
  }),
  "dead backend": async (props) => ({
    [PROXY]: props.use(await startHttpExit()),
    [SITE]: props.use(await startEdge({ "*": await findClosedPort() })),
  }),
  "bad framing": servesBadly(BAD_ANSWERS.lengthAndChunked),
  "silent site": servesBadly(silence),
  "closing site": servesBadly(afterHead(fin)),
  "overloaded site": servesBadly(refuses("haproxy503")),
  "blocking site": servesBadly(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin))),
  "limiting site": servesBadly(refuses("rate429")),
  "proxy wants a password": async (props) => ({
    [PROXY]: props.use(await startHttpExit({ credentials: { username: "user", password: "secret" } })),
    [SITE]: props.use(await startSite()),
  }),
  "proxy denies": async (props) => ({
    [PROXY]: props.use(await startLabServer(refuses("squidDenied"))),
    [SITE]: props.use(await startSite()),
  }),
  "gateway over dead exits": async (props) => {
    const closed = await findClosedPort();
    const gateway = props.use(await startLabGateway({ exits: [`http://127.0.0.1:${closed.port} id=de-7`] }));
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startSite()) };
  },
  "gateway over mixed exits": async (props) => {
    const closed = await findClosedPort();
    const good = props.use(await startHttpExit());
    const exits = [`http://127.0.0.1:${closed.port} id=de-7`, `http://127.0.0.1:${good.port} id=fr-2`];
    const gateway = props.use(await startLabGateway({ exits }));
    return { [GATEWAY]: gateway.address, [SITE]: props.use(await startSite()) };
  },
  nothing: async () => ({}),
};

/** @param name as `<!-- shown with: NAME -->` before a block says. */
export async function startWorld(name: string): Promise<World> {
  const start = WORLDS[name];
  if (start === undefined) throw new Error(`no world is called ${name}: there are ${Object.keys(WORLDS).join(", ")}`);
  const props = new AsyncDisposableStack();
  try {
    return { names: await start(props), [Symbol.asyncDispose]: () => props.disposeAsync() };
  } catch (error) {
    await props.disposeAsync();
    throw error;
  }
}

function servesBadly(behave: Behaviour): Start {
  return async (props) => ({ [PROXY]: props.use(await startHttpExit()), [SITE]: props.use(await startLabServer(behave)) as LabServer });
}
