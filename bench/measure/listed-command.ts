import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a command took for a list. */
export interface ListedRun {
  readonly seconds: number;
  readonly cpuMicroseconds: number;
  readonly mib: number;
  /** How often its lines counted as what. */
  readonly ends: ReadonlyMap<string, number>;
}

/** Runs a command with a list as its stdin. @param read what a line of its stdout counts as. */
export async function measureListed(
  command: readonly string[],
  lines: readonly string[],
  read: (line: string) => string,
): Promise<ListedRun> {
  const folder = mkdtempSync(join(tmpdir(), "goodgateway-bench-"));
  const list = join(folder, "proxies.txt");
  const printed = join(folder, "printed.txt");
  writeFileSync(list, `${lines.join("\n")}\n`);
  const startedAt = performance.now();
  // `times` tells the CPU time of all that it has run, user and system: the second line.
  const script = 'printed=$1; shift; "$@" < "$0" > "$printed"; times >&2';
  const child = spawn("/bin/sh", ["-c", script, list, printed, ...command], { stdio: ["ignore", "ignore", "pipe"] });
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
  const seconds = (performance.now() - startedAt) / 1000;
  const ends = await countEnds(printed, read);
  rmSync(folder, { recursive: true });
  if (ends.size === 0) throw new Error(`${command.join(" ")} told nothing: ${told}`);
  return { seconds, cpuMicroseconds: readTimes(told), mib: bytes / 1024 / 1024, ends };
}

/** Of what was printed, which is read afterwards: whoever reads along takes time from what is measured. */
async function countEnds(printed: string, read: (line: string) => string): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for await (const line of createInterface(createReadStream(printed))) {
    const end = read(line);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  return ends;
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
