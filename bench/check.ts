import { buildCommand } from "./built-command.ts";
import { type CheckCorpus, mix, startCheckCorpus } from "./check-corpus.ts";
import { runCurl, runProxycheck } from "./check-peers.ts";
import { type ListedRun, measureListed } from "./measure/listed-command.ts";
import type { Table } from "./measure/table.ts";

const REFUSED = 24_000;
const HANGING = 4_000;
const GOOD = 2_000;
/** Alone. */
const REFUSED_ALONE = 20_000;
const TIMEOUT_S = 5;
/** Of the mix, for programs that are slower by orders of magnitude. */
const SAMPLE_SHARE = 0.1;
const LIMITS = { refusedS: 6, mixS: 15, mixMib: 250 } as const;

/** The command over lists of proxies on loopback, side by side with what else checks proxies over a tenth of them. */
export async function benchCheck(): Promise<Table> {
  await using corpus = await startCheckCorpus({ refused: REFUSED, hanging: HANGING, good: GOOD });
  const script = buildCommand();
  const all = mix([...corpus.refused, ...corpus.hanging, ...corpus.good]);
  const sample = mix(sampleOf(corpus));
  const refused = await runCheck(script, corpus.refused.slice(0, REFUSED_ALONE));
  const whole = await runCheck(script, all);
  const part = await runCheck(script, sample);
  const curl = await runCurl(sample, corpus.good[0] ?? "", TIMEOUT_S);
  const proxycheck = await runProxycheck(sample, TIMEOUT_S);
  return {
    title: `Checking proxies on loopback: ${REFUSED} that refuse, ${HANGING} that say nothing, ${GOOD} that work`,
    columns: ["", "proxies", "s", "proxies/s", "CPU us/proxy", "RSS MiB"],
    rows: [
      row(`refused ones alone (at most ${LIMITS.refusedS} s)`, REFUSED_ALONE, refused),
      row(`all (at most ${LIMITS.mixS} s, ${LIMITS.mixMib} MiB)`, all.length, whole),
      row("a tenth of them", sample.length, part),
      ...(curl === null ? [] : [row("the same, xargs -P 64 curl", sample.length, curl)]),
      ...(proxycheck === null ? [] : [row("the same, proxycheck", sample.length, proxycheck)]),
    ],
    remarks: [
      `--timeout ${TIMEOUT_S}, no scheme in the list: what each speaks is found out`,
      "of a proxy that works all is measured and verified that the command knows; curl asks it, as HTTP, for one page",
      ...(proxycheck === null
        ? []
        : [`proxycheck asks for one tunnel by each protocol; found ${proxycheck.ends.get("works") ?? 0} that work`]),
      "the proxies are lean ones on the same cores, which resolve names and keep connections to where they lead; so is the judge",
      "the command as it is published; RSS: the highest, the judge on loopback included",
    ],
    failures: [
      ...findWrong(whole, corpus),
      ...tooMuch(refused.seconds, LIMITS.refusedS, "s for refused ones"),
      ...tooMuch(whole.seconds, LIMITS.mixS, "s for all"),
      ...tooMuch(whole.mib, LIMITS.mixMib, "MiB"),
    ],
  };
}

function sampleOf({ refused, hanging, good }: CheckCorpus): string[] {
  const part = (lines: readonly string[]) => lines.slice(0, Math.round(lines.length * SAMPLE_SHARE));
  return [...part(refused), ...part(hanging), ...part(good)];
}

async function runCheck(script: string, lines: readonly string[]): Promise<ListedRun> {
  const command = [process.execPath, script, "check", "--json", "--timeout", String(TIMEOUT_S)];
  return await measureListed(command, lines, (line) => {
    const { state, fault } = JSON.parse(line) as { state: string; fault: { id: string } | null };
    return `${state} ${fault?.id ?? ""}`.trimEnd();
  });
}

function row(name: string, count: number, { seconds, cpuMicroseconds, mib }: ListedRun): string[] {
  return [
    name,
    String(count),
    seconds.toFixed(1),
    (count / seconds).toFixed(0),
    (cpuMicroseconds / count).toFixed(0),
    mib > 0 ? mib.toFixed(0) : "",
  ];
}

function findWrong({ ends }: ListedRun, { refused, hanging, good }: CheckCorpus): string[] {
  const works = ends.get("works") ?? 0;
  const refusals = ends.get("dead connect.refused") ?? 0;
  const rest = [...ends].filter(([end]) => end !== "works" && end !== "dead connect.refused");
  const silent = rest.filter(([end]) => end.startsWith("dead ")).reduce((sum, [, count]) => sum + count, 0);
  if (works === good.length && refusals === refused.length && silent === hanging.length) return [];
  return [
    `of ${good.length} good, ${refused.length} refused and ${hanging.length} silent ones came ${[...ends].map(([end, count]) => `${count} ${end}`).join(", ")}`,
  ];
}

function tooMuch(value: number, limit: number, what: string): string[] {
  return value <= limit ? [] : [`${value.toFixed(1)} ${what}, which is more than ${limit}`];
}
