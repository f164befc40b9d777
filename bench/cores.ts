import { availableParallelism } from "node:os";

/** What is measured has this core for itself; all else (load, target, exit) runs on the other. */
export const PROXY_CPU = 0;
export const LOAD_CPU: number = availableParallelism() > 1 ? 1 : 0;

/** The command that runs a program on the load's core, as `spawn` takes it. */
export function onLoadCore(program: string, args: readonly string[]): [command: string, args: string[]] {
  return onCore(LOAD_CPU, program, args);
}

/** The same on a core of choice. */
export function onCore(core: number, program: string, args: readonly string[]): [command: string, args: string[]] {
  return ["taskset", ["-c", String(core), program, ...args]];
}
