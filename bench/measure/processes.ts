import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Linux: USER_HZ is 100 on every architecture that Node runs on. */
const MICROSECONDS_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

/** What a program and all its children use. */
export interface Usage {
  /** User and system time since each began. */
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

/** Reads a process and its descendants from /proc. Processes that ended are not counted. */
export function readUsage(pid: number): Usage {
  const all = readAllStats();
  const family = new Set([pid]);
  // A child's number may be lower than its parent's, so look until nothing is found any more.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const stat of all) if (family.has(stat.parent)) family.add(stat.pid);
  }
  const members = all.filter((stat) => family.has(stat.pid));
  return {
    cpuMicroseconds: sum(members.map(({ ticks }) => ticks)) * MICROSECONDS_PER_TICK,
    residentBytes: sum(members.map(({ pages }) => pages)) * PAGE_BYTES,
  };
}

/** The sockets that a process holds open, listeners included. */
export function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => isSocket(`${folder}/${fd}`)).length;
}

/** Waits until no more than so many sockets are open, or their number has not changed for a while; gives what is open then. */
export async function whenSocketsFall(pid: number, to: number, settledMs: number): Promise<number> {
  let count = countSockets(pid);
  for (let changed = performance.now(); count > to && performance.now() - changed < settledMs; ) {
    await pause(200);
    const now = countSockets(pid);
    if (now !== count) changed = performance.now();
    count = now;
  }
  return count;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly pages: number;
}

function readAllStats(): Stat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== null);
}

/** proc(5): the fields after the name in parentheses begin with the third, the state. */
function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return { pid, parent: field(4), ticks: field(14) + field(15), pages: field(24) };
  } catch {
    return null; // it ended meanwhile
  }
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    return false; // closed meanwhile
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
