import type { HostPort } from "../../core/address.ts";
import type { Culprit, FaultId } from "../../core/fault.ts";
import type { Exit, ExitHop, ExitScheme } from "../../core/route.ts";
import { connectTcp } from "../../net/connect-tcp.ts";
import { fakeResolver } from "../fake-resolver.ts";
import { startHttpExit } from "../http-exit.ts";
import { dialLab } from "../lab-connection.ts";
import { type Behaviour, type LabServer, type LabTls, startLabServer } from "../lab-server.ts";
import { ask, openConnect, proxyGet, type RawAnswer, readAnswer } from "../raw-client.ts";
import { startSite } from "../site.ts";
import type { Expected, Stage, StagedGateway, StagedWorld } from "./stage.ts";

/** What limits are lowered to where running into them is the point. */
export const LOW_MS = 300;

/** Collects what a scene starts, and disposes of it in reverse. */
export class Props implements AsyncDisposable {
  readonly #started: AsyncDisposable[] = [];

  async use<T extends AsyncDisposable>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    this.#started.push(started);
    return started;
  }

  site(tls: LabTls | null = null): Promise<LabServer> {
    return this.use(startSite(tls));
  }

  server(behave: Behaviour, tls: LabTls | null = null): Promise<LabServer> {
    return this.use(startLabServer(behave, tls));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started.reverse()) await started[Symbol.asyncDispose]();
  }
}

/** A world, less what most leave as it is. */
export type Scene = Partial<Omit<StagedWorld, "play">> & Pick<StagedWorld, "play">;

export function stage(title: string, expected: Expected, set: (props: Props) => Promise<Scene>): Stage {
  return {
    title,
    expected,
    async start() {
      const props = new Props();
      const defaults = { exits: [], rescuer: null, resolver: fakeResolver({}), connectTcp, changes: {} };
      try {
        return { ...defaults, ...(await set(props)), [Symbol.asyncDispose]: () => props[Symbol.asyncDispose]() };
      } catch (error) {
        await props[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

/** The gateway answers itself, after one attempt. */
export function fails(status: number | null, fault: FaultId, culprit: Culprit, more: Partial<Expected> = {}): Expected {
  return { status, fault, culprit, outcome: "failed", ending: "complete", attempts: 1, ...more };
}

/** A 200 had begun when it happened. */
export function breaksOff(fault: FaultId, culprit: Culprit): Expected {
  return fails(200, fault, culprit, { ending: "broken" });
}

/** An exit of one hop. Its id is `bad` unless it says otherwise. */
export function exitAt(
  { host, port }: HostPort,
  scheme: ExitScheme = "http",
  more: Partial<ExitHop> & Partial<Pick<Exit, "id" | "tags">> = {},
): Exit {
  const { id = "bad", tags = {}, ...hop } = more;
  const hops = [{ scheme, host, port, username: null, password: null, insecure: false, ...hop }];
  return { id, hops, tags, rotating: false, weight: 1 };
}

/** What a scene at an exit may vary. */
export interface AtExit extends Pick<Scene, "changes"> {
  readonly scheme?: ExitScheme;
  readonly hop?: Partial<ExitHop>;
  readonly tls?: LabTls;
}

/** client -> gateway -> bad exit: a plain GET, which the exit answers itself. */
export function plainVia(bad: Behaviour, more: AtExit = {}): (props: Props) => Promise<Scene> {
  return viaExit(
    (props) => props.server(bad, more.tls ?? null),
    more,
    (gateway, site) => ask(gateway, proxyGet(urlOf(site))),
  );
}

/** client -> gateway -> bad exit: a CONNECT, and a GET inside where it opens. */
export function tunnelVia(bad: Behaviour, more: AtExit = {}): (props: Props) => Promise<Scene> {
  return tunnelViaExit((props) => props.server(bad, more.tls ?? null), more);
}

/** As `tunnelVia`, with an exit that is a server of its own kind. */
export function tunnelViaExit(start: (props: Props) => Promise<LabServer>, more: AtExit = {}): (props: Props) => Promise<Scene> {
  return viaExit(start, more, (gateway, site) => getThroughTunnel(gateway, `${site.host}:${site.port}`));
}

function viaExit(
  start: (props: Props) => Promise<LabServer>,
  { scheme, hop, changes = {} }: AtExit,
  play: (gateway: HostPort, site: LabServer) => Promise<RawAnswer>,
): (props: Props) => Promise<Scene> {
  return async (props) => {
    const site = await props.site();
    const bad = await start(props);
    const good = await props.use(startHttpExit());
    return {
      exits: [exitAt(bad, scheme, hop)],
      rescuer: exitAt(good, "http", { id: "good" }),
      changes,
      play: (gateway) => play(addressOf(gateway), site),
    };
  };
}

/** client -> gateway -> target, which breaks. */
export function direct(bad: Behaviour, changes: Scene["changes"] = {}): (props: Props) => Promise<Scene> {
  return async (props) => {
    const target = await props.server(bad);
    return { changes, play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(target))) };
  };
}

export async function getThroughTunnel(proxy: HostPort, target: string): Promise<RawAnswer> {
  const { answer, peer } = await openConnect(proxy, target);
  try {
    if (answer.status !== 200) return answer;
    await peer.send(proxyGet("http://site.lab/bytes/5").replace("http://site.lab", ""));
    return await readAnswer(peer, "GET");
  } finally {
    peer.wire.destroy();
  }
}

/** Two requests on one connection; gives the second answer. */
export async function askTwice(proxy: HostPort, request: string): Promise<RawAnswer> {
  const peer = await dialLab(proxy);
  try {
    await peer.send(request);
    await readAnswer(peer, "GET");
    await peer.send(request);
    return await readAnswer(peer, "GET");
  } finally {
    peer.wire.destroy();
  }
}

export function urlOf({ host, port }: HostPort, path = "/bytes/5"): string {
  return `http://${host}:${port}${path}`;
}

/** Where a staged gateway listens. */
export function addressOf({ addresses }: StagedGateway): HostPort {
  const [address] = addresses;
  if (address === undefined) throw new Error("the gateway listens nowhere");
  return address;
}
