import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInput } from "../src/cli/explain-input.ts";
import { LogInputs } from "../src/cli/explain-log.ts";
import type { Table } from "./measure/table.ts";

const LINES = 1_000_000;
const LIMIT_LINES_PER_S = 100_000;

/** A nginx error log of a million failures: how fast it is told, and how fast grep only counts its lines. */
export async function benchExplain(): Promise<Table> {
  const directory = mkdtempSync(join(tmpdir(), "goodgateway-explain-"));
  const file = join(directory, "error.log");
  writeFileSync(file, writeLog());
  const start = performance.now();
  const logs = new LogInputs("auto");
  await logs.read(await openInput(file));
  const { failures } = logs.report();
  const ms = performance.now() - start;
  const grepStart = performance.now();
  spawnSync("grep", ["-c", "Connection refused", file]);
  const grepMs = performance.now() - grepStart;
  rmSync(directory, { recursive: true });
  const perSecond = (LINES * 1000) / ms;
  return {
    title: `explain: a nginx error log of ${LINES} lines`,
    columns: ["", "lines a second"],
    rows: [
      ["goodgateway explain", perSecond.toFixed(0)],
      ["grep -c", ((LINES * 1000) / grepMs).toFixed(0)],
    ],
    remarks: [`${failures} failures told`],
    failures: perSecond < LIMIT_LINES_PER_S ? [`fewer than ${LIMIT_LINES_PER_S} lines a second`] : [],
  };
}

function writeLog(): string {
  return Array.from({ length: LINES }, (_, index) => {
    const clock = new Date(Date.UTC(2026, 0, 1) + index * 5).toISOString();
    return `${clock.slice(0, 10).replaceAll("-", "/")} ${clock.slice(11, 19)} [error] 12#12: *${index} connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.${index % 200}, server: s, request: "GET /${index % 99} HTTP/1.1", upstream: "http://10.0.0.${index % 9}:8080/", host: "site.example"\n`;
  }).join("");
}
