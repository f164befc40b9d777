import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { which } from "../tests/real/peers/programs.ts";
import { type CheckCorpus, mix, startCheckCorpus } from "./check-corpus.ts";
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
const CURLS = 64;

/** The command over lists of proxies on loopback, side by side with a loop of curl over a tenth of them. */
export async function benchCheck(): Promise<Table> {
  await using corpus = await startCheckCorpus({ refused: REFUSED, hanging: HANGING, good: GOOD });
  const all = mix([...corpus.refused, ...corpus.hanging, ...corpus.good]);
  const sample = mix(sampleOf(corpus));
  const refused = await runCheck(corpus.refused.slice(0, REFUSED_ALONE));
  const whole = await runCheck(all);
  const part = await runCheck(sample);
  const curl = await runCurl(sample, corpus.good[0] ?? "");
  return {
    title: `Checking proxies on loopback: ${REFUSED} that refuse, ${HANGING} that say nothing, ${GOOD} that work`,
    columns: ["", "proxies", "s", "proxies/s", "CPU us/proxy", "RSS MiB"],
    rows: [
      row(`refused ones alone (at most ${LIMITS.refusedS} s)`, REFUSED_ALONE, refused),
      row(`all (at most ${LIMITS.mixS} s, ${LIMITS.mixMib} MiB)`, all.length, whole),
      row("a tenth of them", sample.length, part),
      ...(curl === null ? [] : [row(`the same, xargs -P ${CURLS} curl`, sample.length, curl)]),
    ],
    remarks: [
      `--timeout ${TIMEOUT_S}, no scheme in the list: what each speaks is found out`,
      "of a proxy that works all is measured and verified that the command knows; curl asks it, as HTTP, for one page",
      "RSS: the highest, the judge on loopback included",
    ],
    failures: [
      ...findWrong(whole, corpus),
      ...tooMuch(refused.seconds, LIMITS.refusedS, "s for refused ones"),
      ...tooMuch(whole.seconds, LIMITS.mixS, "s for all"),
      ...tooMuch(whole.mib, LIMITS.mixMib, "MiB"),
    ],
  };
}

interface Run {
  readonly seconds: number;
  readonly cpuMicroseconds: number;
  readonly mib: number;
  /** By `state fault`. */
  readonly ends: ReadonlyMap<string, number>;
}

function sampleOf({ refused, hanging, good }: CheckCorpus): string[] {
  const part = (lines: readonly string[]) => lines.slice(0, Math.round(lines.length * SAMPLE_SHARE));
  return [...part(refused), ...part(hanging), ...part(good)];
}

async function runCheck(lines: readonly string[]): Promise<Run> {
  const command = [process.execPath, resolve("src/cli/main.ts"), "check", "--json", "--timeout", String(TIMEOUT_S)];
  return await measure(command, lines, (line) => {
    const { state, fault } = JSON.parse(line) as { state: string; fault: { id: string } | null };
    return `${state} ${fault?.id ?? ""}`.trimEnd();
  });
}

/** @param judge a server that is up; what curl gets from it does not matter. */
async function runCurl(lines: readonly string[], judge: string): Promise<Run | null> {
  if (which("curl") === null || which("xargs") === null) return null;
  const curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "-m", String(TIMEOUT_S), "-x", "http://{}", `http://${judge}/`];
  return await measure(["xargs", "-P", String(CURLS), "-I", "{}", ...curl], lines, (line) => line);
}

/** Runs a command with a list as its stdin. @param read what a line of its stdout counts as. */
async function measure(command: readonly string[], lines: readonly string[], read: (line: string) => string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-bench-"));
  const list = join(folder, "proxies.txt");
  writeFileSync(list, `${lines.join("\n")}\n`);
  const startedAt = performance.now();
  // `times` tells the CPU time of all that it has run, user and system: the second line.
  const script = '"$@" < "$0"; times >&2';
  const child = spawn("/bin/sh", ["-c", script, list, ...command], { stdio: ["ignore", "pipe", "pipe"] });
  const ends = new Map<string, number>();
  createInterface(child.stdout).on("line", (line) => {
    const end = read(line);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told = (told + text).slice(-TOLD_CHARS_MAX);
  });
  let bytes = 0;
  const watch = setInterval(() => {
    bytes = Math.max(bytes, peakBytes(child.pid as number));
  }, WATCH_MS);
  await once(child, "close");
  clearInterval(watch);
  rmSync(folder, { recursive: true });
  if (ends.size === 0) throw new Error(`${command.join(" ")} told nothing: ${told}`);
  return { seconds: (performance.now() - startedAt) / 1000, cpuMicroseconds: readTimes(told), mib: bytes / 1024 / 1024, ends };
}

const TOLD_CHARS_MAX = 4096;
const WATCH_MS = 100;

/** Of the shell's first child, as long as it lives. */
function peakBytes(shell: number): number {
  try {
    const pid = readFileSync(`/proc/${shell}/task/${shell}/children`, "latin1").split(" ")[0];
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** `0m1.250000s 0m0.310000s` at the end: microseconds together. */
function readTimes(text: string): number {
  const times = [
    ...(text
      .trimEnd()
      .split("\n")
      .at(-1)
      ?.matchAll(/(\d+)m([\d.]+)s/g) ?? []),
  ];
  return times.reduce((total, [, minutes, seconds]) => total + (Number(minutes) * 60 + Number(seconds)) * 1e6, 0);
}

function row(name: string, count: number, { seconds, cpuMicroseconds, mib }: Run): string[] {
  return [
    name,
    String(count),
    seconds.toFixed(1),
    (count / seconds).toFixed(0),
    (cpuMicroseconds / count).toFixed(0),
    mib > 0 ? mib.toFixed(0) : "",
  ];
}

function findWrong({ ends }: Run, { refused, hanging, good }: CheckCorpus): string[] {
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
