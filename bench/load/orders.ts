import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onLoadCore } from "../cores.ts";
import type { Way } from "./tunnel.ts";

/** What a load process does with tunnels; `tunnels` are open at once. */
export type Order =
  | { readonly kind: "stream"; readonly way: Way; readonly tunnels: number; readonly seconds: number }
  | { readonly kind: "rate"; readonly way: Way; readonly tunnels: number; readonly seconds: number }
  | { readonly kind: "hold"; readonly way: Way; readonly tunnels: number };

/** Bytes that came through in the time. */
export interface StreamResult {
  readonly bytes: number;
  readonly microseconds: number;
}

/** Tunnels that were opened, echoed one byte and were closed; latencies in microseconds. */
export interface RateResult {
  readonly tunnels: number;
  readonly failed: number;
  readonly microseconds: number;
  readonly p50: number;
  readonly p99: number;
}

const CLIENT = fileURLToPath(new URL("tunnel-client.ts", import.meta.url));

/** Sends bytes from the origin through tunnels, as fast as they go. */
export function streamThrough(way: Way, tunnels: number, seconds: number): Promise<StreamResult> {
  return carryOut({ kind: "stream", way, tunnels, seconds });
}

/** Opens and closes tunnels, as fast as it goes. */
export function openTunnels(way: Way, tunnels: number, seconds: number): Promise<RateResult> {
  return carryOut({ kind: "rate", way, tunnels, seconds });
}

/** Holds idle tunnels open until it is disposed of. */
export async function holdTunnels(way: Way, tunnels: number): Promise<AsyncDisposable> {
  const child = startClient({ kind: "hold", way, tunnels });
  await readResult(child);
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
    },
  };
}

async function carryOut<T>(order: Order): Promise<T> {
  const child = startClient(order);
  const exited = once(child, "exit");
  const result = await readResult(child);
  await exited;
  return result as T;
}

/** In a process and on a core of its own, so that it does not slow what it measures. */
function startClient(order: Order): ChildProcess {
  return spawn(...onLoadCore(process.execPath, [CLIENT, JSON.stringify(order)]), { stdio: ["pipe", "pipe", "inherit"] });
}

async function readResult(child: ChildProcess): Promise<unknown> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return JSON.parse(line);
  throw new Error("the load process ended without a result");
}
