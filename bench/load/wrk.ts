import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onLoadCore } from "../cores.ts";

export interface WrkResult {
  readonly requests: number;
  /** Requests that got no answer, or none of 2xx or 3xx. */
  readonly failed: number;
  readonly microseconds: number;
  /** Latency in microseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface WrkLoad {
  /** Where to connect. */
  readonly port: number;
  /** Send absolute-form requests for a target on this port; null: origin-form ones. */
  readonly targetPort: number | null;
  readonly connections: number;
  readonly seconds: number;
}

const SCRIPT = fileURLToPath(new URL("wrk.lua", import.meta.url));

/** Loads a proxy with keep-alive GET requests, from the load's core. */
export async function runWrk({ port, targetPort, connections, seconds }: WrkLoad): Promise<WrkResult> {
  const target = `127.0.0.1:${targetPort}`;
  const absolute = targetPort === null ? [] : ["--", `http://${target}/`, target];
  const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", SCRIPT, `http://127.0.0.1:${port}/`, ...absolute];
  const { stdout } = await promisify(execFile)(...onLoadCore("wrk", options));
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (result === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
  return JSON.parse(result) as WrkResult;
}
