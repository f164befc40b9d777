import { DEFAULTS } from "../src/config/defaults.ts";
import type { HostPort } from "../src/core/address.ts";
import type { ExitScheme } from "../src/core/route.ts";
import { diagnose } from "../src/diagnose/diagnose.ts";
import type { DiagnoseContext } from "../src/diagnose/diagnose-context.ts";
import { openDiagnosis } from "../src/diagnose/open-diagnosis.ts";
import { BAD_ANSWERS } from "../src/lab/bad-answers.ts";
import { afterHead, fin, says } from "../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../src/lab/block-pages.ts";
import { createAuthority } from "../src/lab/certificates.ts";
import { startEdge } from "../src/lab/edge.ts";
import { fakeResolver } from "../src/lab/fake-resolver.ts";
import { startFullBacklog } from "../src/lab/full-backlog.ts";
import { startHttpExit } from "../src/lab/http-exit.ts";
import { type Behaviour, startLabServer } from "../src/lab/lab-server.ts";
import { refuses } from "../src/lab/refusals.ts";
import { startSite } from "../src/lab/site.ts";
import { startSocksExit } from "../src/lab/socks-exit.ts";
import { exitAt } from "../src/lab/stages/scenes.ts";
import { badTls } from "../src/lab/tls-trouble.ts";
import { questionOf } from "../tests/diagnose/diagnosing.ts";
import { median } from "./measure/median.ts";
import type { Table } from "./measure/table.ts";
import type { BenchOptions } from "./options.ts";

/** What the command needs until its first test. */
const START_MS = 500;
/** What a fault may take that needs no longer wait of its own. */
const LIMIT_MS = 5_000 - START_MS;
const NAME = "site.lab";
/** Where TCP is refused: the lab listens nowhere else than at 127.0.0.1. */
const NOBODY: HostPort = { host: "127.0.0.2", port: 9 };

type Server = HostPort & AsyncDisposable;

/** What is broken, and by which route the user goes; the last of several hops is that of `via`. */
interface Kind {
  readonly what: string;
  readonly site?: () => Promise<Server>;
  readonly secure?: boolean;
  readonly via?: readonly ((site: HostPort) => Promise<Server>)[];
  readonly scheme?: ExitScheme;
}

/** How long a diagnosis takes from its first test to its verdict, by what is broken, in a network without delays. */
export async function benchDiagnose({ rounds }: BenchOptions): Promise<Table> {
  const rows: string[][] = [];
  const failures: string[] = [];
  for (const kind of KINDS) {
    const measured: Measured[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measure(kind));
    const times = measured.map(({ ms }) => ms);
    const longest = Math.max(...times);
    const { verdict, tests } = measured[0] as Measured;
    rows.push([kind.what, verdict, String(tests), median(times).toFixed(0), longest.toFixed(0)]);
    if (longest > LIMIT_MS) failures.push(`${kind.what}: ${longest.toFixed(0)} ms`);
  }
  return {
    title: "Diagnoses: from the first test to the verdict",
    columns: ["what is broken", "verdict", "tests", "median ms", "longest ms"],
    rows,
    remarks: [`of ${rounds} each; in one process, less the start of the command, for which ${START_MS} ms are reckoned`],
    failures,
  };
}

interface Measured {
  readonly ms: number;
  readonly verdict: string;
  readonly tests: number;
}

async function measure({ site = startSite, secure = false, via = [], scheme = "http" }: Kind): Promise<Measured> {
  await using started = new AsyncDisposableStack();
  const target = started.use(await site());
  const hops = [];
  for (const start of via) hops.push(...exitAt(started.use(await start(target)), scheme).hops);
  const url = new URL(`${secure ? "https" : "http"}://${NAME}:${target.port}/`);
  const routes = hops.length === 0 ? [] : [{ ...exitAt(target), hops }];
  const question = questionOf({ host: NAME, port: target.port }, routes, { url });
  const began = performance.now();
  const { verdict, tests } = await diagnose(question, contextFor(target));
  const ms = performance.now() - began;
  return { ms, verdict: verdict.fault === null ? "well" : `${verdict.fault}, ${verdict.culprit}`, tests: tests.length };
}

const AUTHORITY = createAuthority("Lab CA");

function contextFor({ host }: HostPort): DiagnoseContext {
  const own = openDiagnosis(DEFAULTS, null, START_MS);
  return { ...own, names: null, ca: [AUTHORITY.cert], resolver: fakeResolver({ [NAME]: host === "" ? "ENOTFOUND" : [host] }) };
}

/** Of a name that does not exist it knows no way either. */
const goodExit = (site: HostPort): Promise<Server> => startHttpExit({ reach: site.host === "" ? {} : { [NAME]: site } });
const at = (bad: Behaviour) => (): Promise<Server> => startLabServer(afterHead(bad));
const nobody = async (host = NOBODY): Promise<Server> => ({ ...host, async [Symbol.asyncDispose]() {} });

const KINDS: readonly Kind[] = [
  { what: "nothing", via: [goodExit] },
  { what: "the exit refuses TCP", via: [() => nobody()] },
  { what: "the exit closes", via: [at(BAD_ANSWERS.fin)] },
  { what: "the exit answers 502", via: [() => startLabServer(refuses("nginx502"))] },
  { what: "the exit wants a login", via: [() => startLabServer(refuses("auth407"))] },
  { what: "the exit says garbage", via: [at(BAD_ANSWERS.garbage)] },
  { what: "the exit speaks SOCKS", via: [() => startSocksExit()] },
  { what: "the exit is an SSH server", via: [() => startLabServer(BAD_ANSWERS.sshBanner)] },
  { what: "the exit never answers", via: [at(BAD_ANSWERS.silence)] },
  { what: "the exit drops TCP", via: [() => startFullBacklog()] },
  { what: "hop 2 of 3 refuses TCP", via: [goodExit, () => nobody(), goodExit] },
  { what: "hop 2 of 3 closes", via: [goodExit, at(BAD_ANSWERS.fin), goodExit] },
  { what: "hop 2 of 3 never answers", via: [goodExit, at(BAD_ANSWERS.silence), goodExit] },
  { what: "the site refuses TCP", site: () => nobody(), via: [goodExit] },
  { what: "the site's edge answers 502", site: () => startEdge({ "*": NOBODY }), via: [goodExit] },
  { what: "the site's answer does not parse", site: at(BAD_ANSWERS.fieldWithSpaceInName), via: [goodExit] },
  { what: "the site's certificate has expired", site: () => startSite(badTls(AUTHORITY, NAME).expired), secure: true, via: [goodExit] },
  { what: "the site blocks", site: at(says(BLOCK_PAGES["cloudflare-challenge"], fin)), via: [goodExit] },
  { what: "the site never answers", site: at(BAD_ANSWERS.silence), via: [goodExit] },
  { what: "the site drops TCP", site: () => startFullBacklog(), via: [goodExit] },
  { what: "the site's name does not exist", site: () => nobody({ host: "", port: 80 }), via: [goodExit] },
];
