import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { which } from "../tests/real/peers/programs.ts";
import { onCore, PROXY_CPU } from "./cores.ts";
import { type LineMaker, LOG_LINES } from "./explain-logs.ts";
import type { Table } from "./measure/table.ts";

const LINES = 500_000;
const FEW_LINES = 50_000;
const FEW_BACKENDS = 9;
const LIMIT_LINES_PER_S = 100_000;
/** As many incidents as are told apart: so many backends, each with so many spans of time that are far from each other. */
const MANY_BACKENDS = 1000;
const MANY_SPANS = 6;
const SPAN_MS = 3_600_000;
const CHILD_MS_MAX = 120_000;
const READER = fileURLToPath(new URL("explain-read.ts", import.meta.url));
const COMBINED = "access log, combined";

interface Read {
  readonly lines: number;
  readonly failures: number;
  readonly incidents: number;
  readonly unknown: number;
  readonly readMs: number;
  readonly concludeMs: number;
  /** What is still held at the end, and the most that the process took. */
  readonly liveMiB: number;
  readonly rssMiB: number;
}

/** Each format's log on one core: how fast it is told, how much memory that takes, and how fast others only count its lines. */
export async function benchExplain(): Promise<readonly Table[]> {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-explain-"));
  try {
    return [benchFormats(directory), benchOthers(directory)];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function benchFormats(directory: string): Table {
  const failures: string[] = [];
  const file = join(directory, "x.log");
  const row = (name: string, make: LineMaker, backends: number, spans: number): string[] => {
    writeLog(file, make, { lines: FEW_LINES, backends, spans });
    const few = readOnOneCore(file);
    writeLog(file, make, { lines: LINES, backends, spans });
    const read = readOnOneCore(file);
    const perSecond = (read.lines * 1000) / (read.readMs + read.concludeMs);
    if (perSecond < LIMIT_LINES_PER_S) failures.push(`${name}: fewer than ${LIMIT_LINES_PER_S} lines a second of one core`);
    if (read.unknown > 0) failures.push(`${name}: ${read.unknown} lines are of no known format`);
    return [
      name,
      perSecond.toFixed(0),
      `${read.incidents}`,
      read.concludeMs.toFixed(0),
      few.liveMiB.toFixed(0),
      read.liveMiB.toFixed(0),
      read.rssMiB.toFixed(0),
    ];
  };
  const rows = Object.entries(LOG_LINES).map(([name, make]) => row(name, make, FEW_BACKENDS, 1));
  const [[name, make] = ["", () => ""]] = Object.entries(LOG_LINES);
  rows.push(row(`${name}, at ${MANY_BACKENDS} backends`, make, MANY_BACKENDS, MANY_SPANS));
  return {
    title: `explain: logs of ${LINES} lines on one core`,
    columns: [
      "log",
      "lines a CPU second",
      "incidents",
      "concluding ms",
      `held MiB after ${FEW_LINES} lines`,
      `after ${LINES}`,
      "most RSS MiB",
    ],
    rows,
    remarks: [
      "one line in five fails where it is not said",
      "with what concluding takes, without Node's start; of the processor's time, all threads' together",
    ],
    failures,
  };
}

/** What one would have used instead, on the same file, on the same core. */
function benchOthers(directory: string): Table {
  const file = join(directory, "access.log");
  const make = LOG_LINES[COMBINED];
  if (make === undefined) throw new Error(`no ${COMBINED}`);
  writeLog(file, make, { lines: LINES, backends: FEW_BACKENDS, spans: 1 });
  const report = join(directory, "report.json");
  const goaccess = ["goaccess", file, "--log-format=COMBINED", "-o", report, "--no-progress"];
  return {
    title: `The same access log of ${LINES} lines, ${(statSync(file).size / 1e6).toFixed(0)} MB, from start to end`,
    columns: ["", "lines a CPU second"],
    rows: [
      ["goodgateway explain", timeOnOneCore([process.execPath, READER, file])],
      ["goaccess, its tables as JSON", timeOnOneCore(goaccess)],
      ["grep -c ' 502 '", timeOnOneCore(["grep", "-c", " 502 ", file])],
    ],
    remarks: [],
  };
}

/** Into a pipe: grep stops at the first match where it writes to /dev/null. */
function timeOnOneCore([program = "", ...args]: readonly string[]): string {
  if (which(program) === null) return "is not installed";
  const timed = [
    "-c",
    'set -o pipefail; TIMEFORMAT="%U %S"; time "$@" 2>/dev/null | cat >/dev/null',
    "bash",
    ...onCore(PROXY_CPU, program, args).flat(),
  ];
  const { status, stderr } = spawnSync("bash", timed, { encoding: "utf8", timeout: CHILD_MS_MAX });
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(" ").map(Number);
  return status === 0 ? (LINES / Math.max(user + system, TIME_STEP_S)).toFixed(0) : "failed";
}

/** No less can be told. */
const TIME_STEP_S = 0.001;

function readOnOneCore(file: string): Read {
  const { stdout, stderr } = spawnSync(...onCore(PROXY_CPU, process.execPath, ["--expose-gc", READER, file]), {
    encoding: "utf8",
    timeout: CHILD_MS_MAX,
  });
  if (stdout === "") throw new Error(`reading ${file} failed: ${stderr}`);
  return JSON.parse(stdout) as Read;
}

interface Size {
  readonly lines: number;
  readonly backends: number;
  readonly spans: number;
}

function writeLog(file: string, make: LineMaker, { lines, backends, spans }: Size): void {
  const descriptor = openSync(file, "w");
  const begin = Date.UTC(2026, 0, 1);
  const perSpan = Math.ceil(lines / spans);
  for (let from = 0; from < lines; from += CHUNK_LINES) {
    const chunk = Array.from({ length: Math.min(CHUNK_LINES, lines - from) }, (_, offset) => {
      const index = from + offset;
      const at = begin + Math.floor(index / perSpan) * SPAN_MS + (index % perSpan) * 5 * (spans > 1 ? 0.01 : 1);
      return `${make(index, new Date(at), backends)}\n`;
    });
    writeSync(descriptor, chunk.join(""));
  }
  closeSync(descriptor);
}

const CHUNK_LINES = 10_000;
