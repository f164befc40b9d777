import { test } from "node:test";
import type { Exit, ExitHop, ExitScheme } from "../../src/core/route.ts";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { BAD_ANSWERS, type BadAnswer } from "../../src/lab/bad-answers.ts";
import { BAD_SOCKS, BAD_TUNNELS, type BadSocks, type BadTunnel } from "../../src/lab/bad-exits.ts";
import { afterHead } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { type Refusal, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { authority, diagnoseIn, NAME, type Network, NOBODY, waitFor } from "./lab-network.ts";
import { assertRows, type Row } from "./lab-rows.ts";
import { CONNECT_EXIT, type Expected, PLAIN_EXIT, REFUSING_EXIT, SOCKS_EXIT, SOCKS_REPLIES, TUNNEL_EXIT } from "./lab-tables.ts";
import { TARGET } from "./lab-target-tables.ts";

/** Each length of a chain, and each place in it. */
const PLACES = [
  [2, 1],
  [2, 2],
  [3, 1],
  [3, 2],
  [3, 3],
] as const;

/** A hop that is bad, and what of it shows where it is the last one, and where it is to open a way to the next. */
interface BadHop {
  readonly name: string;
  readonly scheme?: ExitScheme;
  /** Only TLS tells its pages from the site's. */
  readonly isSecure?: boolean;
  readonly start: () => Promise<Pick<LabServer, "host" | "port"> & AsyncDisposable>;
  readonly last: Expected;
  readonly earlier: Expected;
}

for (const network of ["healthy", "direct is blocked"] as const) {
  test(`each kind of fault is told of the hop that it is of, at each place of a chain: ${network}`, async () => {
    const rows = oneOfEachKind().flatMap((bad) =>
      PLACES.filter(([length, place]) => place < length || isFault(bad.last)).map(([length, place]) => rowOf(bad, length, place, network)),
    );
    await assertRows(rows, 200);
  });
}

test("a site that is down is told so through a chain, and none of its hops is blamed", async () => {
  const rows = (["fin", "halfHead", "fieldWithNul", "badChunk", "sshBanner", "silence"] satisfies BadAnswer[]).flatMap((name) =>
    [2, 3].map((length): Row => {
      const run = async (): Promise<Diagnosis> => {
        await using site = await startLabServer(afterHead(BAD_ANSWERS[name]));
        return await throughGoodHops(site, length, name, TARGET[name]);
      };
      return { name: `${name} behind ${length} hops`, expected: TARGET[name], at: "target", run };
    }),
  );
  await assertRows(rows, 12);
});

test("a hop of a chain whose line names the wrong scheme is well: the one to use is told", async () => {
  const rows = PLACES.map(([length, place]) => {
    const start = () => startSocksExit({ reach: {} });
    const expected: Expected = ["handshake.not_a_proxy", "gateway", /use socks5:/];
    return rowOf({ name: "a SOCKS port", start, last: expected, earlier: expected }, length, place, "healthy");
  });
  await assertRows(rows, 5);
});

async function throughGoodHops(site: LabServer, length: number, name: string, expected: Expected): Promise<Diagnosis> {
  await using good = await startHttpExit({ reach: { [NAME]: site } });
  const hops = Array.from({ length }, () => hopAt(good));
  return await diagnoseIn({ target: site, scheme: "http", via: chainOf(hops), ...waitFor(name, expected) }, "healthy");
}

function rowOf(
  { name, scheme = "http", isSecure = false, start, last, earlier }: BadHop,
  length: number,
  place: number,
  network: Network,
): Row {
  const isLast = place === length;
  const expected = isLast ? last : earlier;
  const run = async (): Promise<Diagnosis> => {
    await using site = await startSite(isSecure ? authority().issue({ names: [NAME] }) : null);
    await using bad = await start();
    await using first = await startHttpExit({ reach: { [NAME]: site } });
    await using second = await startHttpExit({ reach: { [NAME]: site } });
    const hops = [first, second]
      .slice(0, length - 1)
      .map((good) => hopAt(good))
      .toSpliced(place - 1, 0, hopAt(bad, scheme));
    const world = { target: site, scheme: isSecure ? "https" : "http", via: chainOf(hops), ...waitFor(name, expected) } as const;
    return await diagnoseIn(world, network);
  };
  return { name: `${name}, hop ${place} of ${length}`, expected, at: place, mayLookOther: true, run };
}

function hopAt(place: Pick<LabServer, "host" | "port">, scheme: ExitScheme = "http"): ExitHop {
  return exitAt(place, scheme).hops[0] as ExitHop;
}

function chainOf(hops: readonly ExitHop[]): Exit {
  return { ...exitAt({ host: "127.0.0.1", port: 1 }), hops };
}

/** What may be the site's own answer is none of a hop. */
function isFault(expected: Expected): boolean {
  return expected !== null && expected[1] !== "edge";
}

/** Of all rows of the lab that look the same, one. */
function oneOfEachKind(): BadHop[] {
  const kinds = new Map<string, BadHop>();
  for (const bad of allBadHops()) {
    const key = [bad.scheme, String(bad.isSecure), bad.last, bad.earlier].flat().filter((part) => typeof part === "string");
    if (isFault(bad.earlier) && !kinds.has(key.join(" "))) kinds.set(key.join(" "), bad);
  }
  return [...kinds.values()];
}

function allBadHops(): BadHop[] {
  const answers = (Object.keys(BAD_ANSWERS) as BadAnswer[]).map((name): BadHop => {
    const start = () => startLabServer(afterHead(BAD_ANSWERS[name]));
    return { name, start, last: inChain(PLAIN_EXIT[name]), earlier: inChain(CONNECT_EXIT[name]) };
  });
  const refusals = (Object.keys(REFUSING_EXIT) as Refusal[]).map((name): BadHop => {
    const { plain, tunnel } = REFUSING_EXIT[name];
    return { name, start: () => startLabServer(refuses(name)), last: inChain(plain), earlier: inChain(tunnel) };
  });
  const tunnels = (Object.keys(BAD_TUNNELS) as BadTunnel[]).map((name): BadHop => {
    const told = inChain(TUNNEL_EXIT[name]);
    return { name, isSecure: true, start: () => startLabServer(BAD_TUNNELS[name]), last: told, earlier: told };
  });
  const socks = (Object.keys(BAD_SOCKS) as BadSocks[]).map((name): BadHop => {
    const told = inChain(SOCKS_EXIT[name]);
    return { name: `SOCKS ${name}`, scheme: "socks5h", start: () => startLabServer(BAD_SOCKS[name]), last: told, earlier: told };
  });
  const replies = SOCKS_REPLIES.map(([scheme, reply, expected]): BadHop => {
    const told = inChain(expected);
    return { name: `${scheme} reply ${reply}`, scheme, start: () => startSocksExit({ reply }), last: told, earlier: told };
  });
  const dead = inChain(["connect.refused", "exit", /^/]);
  const nobody: BadHop = {
    name: "nobody",
    start: async () => ({ ...NOBODY, async [Symbol.asyncDispose]() {} }),
    last: dead,
    earlier: dead,
  };
  return [nobody, ...answers, ...refusals, ...tunnels, ...socks, ...replies];
}

/** What is to be done about a hop is to do without it. */
function inChain(expected: Expected): Expected {
  return expected === null || expected[1] !== "exit" ? expected : [expected[0], "exit", /^Remove or replace hop \d\./];
}
