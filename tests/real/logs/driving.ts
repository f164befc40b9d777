import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";
import { explainResponse } from "../../../src/explain/response/explain-response.ts";
import type { BadBackends } from "./bad-backends.ts";

/** A gateway over bad backends, and what it writes down. */
export interface DrivenGateway {
  readonly port: number;
  /** What its logs hold by now, by their name. */
  readonly logs: Readonly<Record<string, () => string>>;
  /** Those that tell of requests which are served: what was before one of these is written by then. */
  readonly complete: readonly string[];
  /** Such a request, with a word in it. */
  readonly mark: (word: string) => string;
}

/** A request that fails, as it goes over the wire, under a name. */
export interface Failing {
  readonly name: string;
  readonly request: string;
  /** When its client leaves. */
  readonly leaveMs?: number;
}

/** A log in a file, which may not be there yet. */
export function fileLog(path: string): () => string {
  return () => {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return "";
    }
  };
}

/** A GET of a path, with a secret in it that no log of ours may repeat. */
export function get(name: string, path: string = `/${name}/x?token=geheim`, fields = ""): Failing {
  return { name, request: `GET ${path} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n${fields}\r\n` };
}

/** Bytes that are no request. */
export const NO_HTTP: Failing = { name: "no-http", request: "GARBAGE\r\n\r\n" };
/** A request with a field that none of the gateways takes. */
export const LONG_FIELD: Failing = get("long-field", "/ok/x", `Cookie: a=${"c".repeat(40_000)}\r\n`);
/** A client that leaves before it has its answer. */
export const GONE: Failing = { name: "gone", request: "GET /silence/x HTTP/1.1\r\nHost: site.example\r\n\r\n", leaveMs: 200 };

/** A GET through a proxy, in clear text. */
export function absolute(name: string, host: string, path: string = "/x?token=geheim"): Failing {
  return { name, request: `GET http://${host}${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n` };
}

export function tunnel(name: string, host: string): Failing {
  return { name, request: `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n` };
}

/**
 * Sends the requests one after the other, and tells of each what its answer and what each log says, in the order of the logs:
 * `503 relay.edge_5xx by edge, Apache | connect.refused at refusing | answer.503`.
 */
export async function drive(
  gateway: DrivenGateway,
  requests: readonly Failing[],
  backends: BadBackends,
): Promise<Readonly<Record<string, string>>> {
  const told: Record<string, string> = {};
  const named = (backend: string) => backends.nameOf(backend) ?? backend;
  await markAndRead(gateway, "start");
  for (const { name, request, leaveMs } of requests) {
    const before = readLogs(gateway);
    const answer = await askRaw(gateway.port, request, leaveMs ?? GIVE_UP_MS);
    const after = await markAndRead(gateway, `end-of-${name}`);
    const gained = Object.keys(gateway.logs).map((log) => (after[log] ?? "").slice((before[log] ?? "").length));
    told[name] = [tellAnswer(answer), ...gained.map((text) => tellLog(text, named))].join(" | ");
  }
  return told;
}

/** Longer than each limit of the gateways that are driven. */
const GIVE_UP_MS = 15_000;
const WRITTEN_DEADLINE_MS = 20_000;

function readLogs({ logs }: DrivenGateway): Record<string, string> {
  return Object.fromEntries(Object.entries(logs).map(([name, read]) => [name, read()]));
}

async function markAndRead(gateway: DrivenGateway, word: string): Promise<Record<string, string>> {
  const deadline = performance.now() + WRITTEN_DEADLINE_MS;
  for (let tries = 0; performance.now() < deadline; tries++) {
    // Whoever reads along may begin after the first of them.
    if (tries % ASKED_AGAIN === 0) await askRaw(gateway.port, gateway.mark(`mark-${word}`), GIVE_UP_MS);
    const logs = readLogs(gateway);
    if (gateway.complete.every((log) => isMarked(logs[log] ?? "", word))) return logs;
    await pause(10); // between two looks at a file that another process writes
  }
  throw new Error(`${gateway.complete.join(" and ")} do not tell of mark-${word}`);
}

function isMarked(log: string, word: string): boolean {
  return log.includes(`mark-${word}`) && log.endsWith("\n");
}

const ASKED_AGAIN = 100;

/** All that comes back on a connection of its own, each byte a character. */
function askRaw(port: number, request: string, leaveMs: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
    const leave = setTimeout(() => socket.destroy(), leaveMs);
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(leave);
      resolve(answer);
    });
  });
}

function tellAnswer(answer: string): string {
  if (answer === "") return "nothing";
  const [explained] = explainResponse(answer) ?? [];
  if (explained?.kind !== "answer") return "no answer";
  const { fault, culprit, madeBy } = explained.reading;
  return `${explained.status}${fault === null ? "" : ` ${fault} by ${culprit}`}${madeBy === null ? "" : `, ${madeBy.name}`}`;
}

/** What lines say, without the marks. */
function tellLog(text: string, named: (backend: string) => string): string {
  const lines = text.split("\n").filter((line) => !line.includes("mark-"));
  const { incidents, unknown, unexplained } = readLog(lines.join("\n"));
  const told = incidents.map(
    ({ fault, backend, count }) => `${fault}${backend === null ? "" : ` at ${named(backend)}`}${count === 1 ? "" : ` x${count}`}`,
  );
  const rest = [...unknown.shapes, ...unexplained.shapes].map(({ sample }) => `? ${sample}`);
  return [...told.toSorted(), ...rest].join(", ") || "-";
}

function readLog(text: string): LogReport {
  const reader = new LogReader({ format: null, year: new Date().getUTCFullYear() });
  reader.open("x.log");
  reader.push(Buffer.from(text, "latin1"));
  reader.end();
  return reader.report();
}

/** What to change, as the log's incidents say it, by their fault. */
export function settingsIn({ logs }: DrivenGateway): Readonly<Record<string, string>> {
  const all = Object.values(logs).flatMap((read) => readLog(read()).incidents);
  return Object.fromEntries(all.flatMap(({ fault, setting }) => (setting === null ? [] : [[fault, setting]])));
}

/** With RECORD_LOGS=FOLDER in the environment keeps the logs there, under the program's name and version, to become fixtures. */
export function recordLogs({ logs }: DrivenGateway, program: string): void {
  const folder = process.env["RECORD_LOGS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  for (const [name, read] of Object.entries(logs)) {
    const lines = read()
      .split("\n")
      .filter((line) => !line.includes("mark-"));
    writeFileSync(join(folder, `${program}-${name}.txt`), lines.join("\n"), "latin1");
  }
}
