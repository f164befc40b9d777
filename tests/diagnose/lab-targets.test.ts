import { test } from "node:test";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { BAD_ANSWERS, type BadAnswer } from "../../src/lab/bad-answers.ts";
import { afterBytes, afterHead, fin, rst, says } from "../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../src/lab/block-pages.ts";
import { startEdge } from "../../src/lab/edge.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { nginxPage } from "../../src/lab/refusals.ts";
import { startSite } from "../../src/lab/site.ts";
import { startSocksExit } from "../../src/lab/socks-exit.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { alerts, badTls } from "../../src/lab/tls-trouble.ts";
import { authority, diagnoseIn, NAME, type Network, NOBODY, reachOf, waitFor } from "./lab-network.ts";
import { assertRows, type Row } from "./lab-rows.ts";
import type { Expected } from "./lab-tables.ts";
import { TARGET, TLS_TARGET } from "./lab-target-tables.ts";

/** How the user goes to the site; each exit is well. */
type Way = "direct" | "http" | "socks5h" | "socks5";

for (const way of ["direct", "http", "socks5h", "socks5"] as const) {
  test(`every bad site is told as what it is, and no exit is blamed: asked by ${way}`, async () => {
    await assertRows([...answers(way, "healthy"), ...refusals(way, "healthy"), ...tls(way, "healthy")], 80);
  });
}

for (const network of ["direct is blocked", "DNS is dead", "one of many"] as const) {
  test(`every bad site is told as what it is by exits alone: ${network}`, async () => {
    // A relaying exit that waits for a banner's second line shows silence, and nobody else saw the banner.
    const rows = answers("http", network).map((row) => (network !== "one of many" && isBanner(row.name) ? asSilence(row) : row));
    await assertRows([...rows, ...refusals("http", network), ...tls("http", network)], 80);
    await assertRows(answers("socks5h", network), 40);
  });
}

/** A target that does not say a word of HTTP and does not end either. */
function isBanner(name: string): boolean {
  return name.includes("Banner by ");
}

function asSilence(row: Row): Row {
  return { ...row, expected: ["head.timeout", "origin", /The site is down/] };
}

function answers(way: Way, network: Network): Row[] {
  return (Object.keys(BAD_ANSWERS) as BadAnswer[]).map((name) =>
    row(name, TARGET[name], { way, network, start: () => startLabServer(afterHead(BAD_ANSWERS[name])) }),
  );
}

/** What tells an outage from a refusal, a 502 from a 503 from a 504, and an edge's error from its origin's. */
function refusals(way: Way, network: Network): Row[] {
  const limited: Expected = ["relay.rate_limited", "edge", /more slowly/];
  const blocked: Expected = ["relay.blocked", "edge", /other exits/];
  const pages = Object.entries(BLOCK_PAGES).map(([name, page]) =>
    row(name, name.startsWith("rate-limited") ? limited : blocked, {
      ...{ way, network },
      start: () => startLabServer(afterHead(says(page, fin))),
    }),
  );
  const errors = ([502, 503, 504] as const).flatMap((status) => [
    row(`the edge's ${status}`, ["relay.edge_5xx", "edge", OWNER_READS[status]], {
      ...{ way, network },
      start: () => startLabServer(afterHead(says(nginxPage(status, PHRASES[status]), fin))),
    }),
    row(`the origin's ${status}`, ["relay.origin_5xx", "origin", /application's log/], {
      ...{ way, network },
      start: () => startLabServer(afterHead(says(formatAnswer(status, { "Content-Type": "text/plain" }, "sorry\n"), fin))),
    }),
  ]);
  const lost = row("an edge without its origin", ["relay.edge_5xx", "edge", OWNER_READS[502]], {
    ...{ way, network },
    start: () => startEdge({ "*": NOBODY }),
  });
  return [...pages, ...errors, lost];
}

/** What nginx means by it. */
const OWNER_READS = { 502: /nginx's error\.log.*proxy_pass/, 503: /limit_req/, 504: /proxy_read_timeout/ } as const;
const PHRASES = { 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out" } as const;

function tls(way: Way, network: Network): Row[] {
  const bad = badTls(authority(), NAME);
  const clearText = afterBytes(says(formatAnswer(400, { Server: "nginx/1.27.3", Connection: "close" }, "plain HTTP\n"), fin));
  const starts: Readonly<Record<keyof typeof TLS_TARGET, () => Promise<LabServer>>> = {
    expired: () => startSite(bad.expired),
    notYetValid: () => startSite(bad.notYetValid),
    wrongName: () => startSite(bad.wrongName),
    selfSigned: () => startSite(bad.selfSigned),
    wantsCertificate: () => startSite(bad.wantsCertificate),
    onlyHttp2: () => startSite(bad.onlyHttp2),
    alert40: () => startLabServer(alerts(40)),
    alert70: () => startLabServer(alerts(70)),
    alert80: () => startLabServer(alerts(80)),
    alert112: () => startLabServer(alerts(112)),
    alert116: () => startLabServer(alerts(116)),
    fin: () => startLabServer(afterBytes(fin)),
    rst: () => startLabServer(afterBytes(rst)),
    silence: () => startLabServer(BAD_ANSWERS.silence),
    garbage: () => startLabServer(afterBytes(BAD_ANSWERS.garbage)),
    clearText: () => startLabServer(clearText),
    sshBanner: () => startLabServer(BAD_ANSWERS.sshBanner),
  };
  return Object.entries(starts).map(([name, start]) =>
    row(`TLS ${name}`, TLS_TARGET[name as keyof typeof starts], { way, network, start, isSecure: true }),
  );
}

interface Asked {
  readonly way: Way;
  readonly network: Network;
  readonly start: () => Promise<LabServer>;
  readonly isSecure?: boolean;
}

function row(name: string, expected: Expected, { way, network, start, isSecure = false }: Asked): Row {
  const run = async (): Promise<Diagnosis> => {
    await using target = await start();
    const reach = reachOf(target);
    await using exit = way === "http" ? await startHttpExit({ reach }) : await startSocksExit({ reach });
    const via = way === "direct" ? null : exitAt(exit, way);
    return await diagnoseIn({ target, scheme: isSecure ? "https" : "http", via, ...waitFor(name, expected) }, network);
  };
  return { name: `${name} by ${way}`, expected, at: "target", run };
}
