import { availableParallelism } from "node:os";

/** What is measured has this core for itself; all else (load, target, exit) runs on the other. */
export const PROXY_CPU = 0;
export const LOAD_CPU: number = availableParallelism() > 1 ? 1 : 0;
