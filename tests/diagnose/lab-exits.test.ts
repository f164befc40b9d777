import { test } from "node:test";
import type { ExitScheme } from "../../src/core/route.ts";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { BAD_ANSWERS, type BadAnswer } from "../../src/lab/bad-answers.ts";
import { BAD_SOCKS, BAD_TUNNELS, type BadSocks, type BadTunnel } from "../../src/lab/bad-exits.ts";
import { afterBytes, afterHead } from "../../src/lab/behaviours.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { type Refusal, refuses } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { authority, diagnoseIn, NAME, type Network, waitFor } from "./lab-network.ts";
import { assertRows, type Row } from "./lab-rows.ts";
import { CONNECT_EXIT, type Expected, PLAIN_EXIT, REFUSING_EXIT, SOCKS_EXIT, SOCKS_REPLIES, TUNNEL_EXIT } from "./lab-tables.ts";

/** Over each of these an exit's fault is told as over the others: what is broken beside it is not its own. */
const NETWORKS: readonly Network[] = ["healthy", "direct is blocked", "DNS is dead", "one of many"];

for (const network of NETWORKS) {
  test(`every bad exit is told as what it is: ${network}`, async () => {
    await assertRows([...plainExits(network), ...tunnelExits(network), ...socksExits(network)], 190);
  });
}

test("a machine without a network blames neither exits nor sites, whatever exit it names", async () => {
  const cut = "nothing is reachable";
  const rows = [...plainExits(cut), ...tunnelExits(cut), ...socksExits(cut)];
  const expected: Expected = ["connect.net_unreachable", "network", /ip route/];
  // Where the network is down no hop is named.
  const all = rows.map((row): Row => ({ ...row, expected, at: "nowhere" }));
  await assertRows(all, 190);
});

type Start = () => Promise<LabServer>;

function plainExits(network: Network): Row[] {
  const answers = namesOf(BAD_ANSWERS).map((name: BadAnswer) =>
    row(`plain ${name}`, PLAIN_EXIT[name], network, { start: () => startLabServer(afterHead(BAD_ANSWERS[name])) }),
  );
  const refusals = namesOf(REFUSING_EXIT).map((name: Refusal) =>
    row(`plain ${name}`, REFUSING_EXIT[name].plain, network, { start: () => startLabServer(refuses(name)) }),
  );
  return [...answers, ...refusals];
}

function tunnelExits(network: Network): Row[] {
  const secure = { isSecure: true };
  const answers = namesOf(BAD_ANSWERS).map((name: BadAnswer) =>
    row(`CONNECT ${name}`, CONNECT_EXIT[name], network, { ...secure, start: () => startLabServer(afterHead(BAD_ANSWERS[name])) }),
  );
  const tunnels = namesOf(BAD_TUNNELS).map((name: BadTunnel) =>
    row(`tunnel ${name}`, TUNNEL_EXIT[name], network, { ...secure, start: () => startLabServer(BAD_TUNNELS[name]) }),
  );
  const refusals = namesOf(REFUSING_EXIT).map((name: Refusal) =>
    row(`CONNECT ${name}`, REFUSING_EXIT[name].tunnel, network, { ...secure, start: () => startLabServer(refuses(name)) }),
  );
  return [...answers, ...tunnels, ...refusals];
}

function socksExits(network: Network): Row[] {
  const scheme = "socks5h";
  const bad = namesOf(BAD_SOCKS).map((name: BadSocks) =>
    row(`SOCKS ${name}`, SOCKS_EXIT[name], network, { scheme, start: () => startLabServer(BAD_SOCKS[name]) }),
  );
  const replies = SOCKS_REPLIES.map(([version, reply, expected]) =>
    row(`${version} reply ${reply}`, expected, network, { scheme: version, start: () => startSocksExit({ reply }) }),
  );
  // Behind the handshake it plays the site: as an HTTP exit does with pages, but it cannot be asked in another protocol.
  const opened = namesOf(BAD_ANSWERS).map((name: BadAnswer) =>
    row(`SOCKS then ${name}`, playing(PLAIN_EXIT[name]), network, {
      scheme,
      start: () => startSocksExit({ opened: afterBytes(BAD_ANSWERS[name]) }),
    }),
  );
  return [...bad, ...replies, ...opened];
}

/** Whatever it leads to in the site's place: its line is right, and the way behind it is not. */
function playing(expected: Expected): Expected {
  return expected === null ? null : [expected[0], "exit", /another exit/];
}

interface Asked {
  readonly start: Start;
  readonly scheme?: ExitScheme;
  readonly isSecure?: boolean;
}

function row(name: string, expected: Expected, network: Network, { start, scheme = "http", isSecure = false }: Asked): Row {
  const run = async (): Promise<Diagnosis> => {
    await using site = await startSite(isSecure ? authority().issue({ names: [NAME] }) : null);
    await using exit = await start();
    return await diagnoseIn(
      { target: site, scheme: isSecure ? "https" : "http", via: exitAt(exit, scheme), ...waitFor(name, expected) },
      network,
    );
  };
  // A site's limit is told at the site, even where an exit may have made the answer.
  return { name, expected, at: expected?.[1] === "edge" ? "target" : "exit", run };
}

function namesOf<T extends string>(table: Readonly<Record<T, unknown>>): readonly T[] {
  return Object.keys(table) as T[];
}
