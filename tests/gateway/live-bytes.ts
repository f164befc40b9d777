import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that this process really holds: buffers and heap, less what is garbage. */
export function liveBytes(): number {
  collect();
  collect(); // backing stores are freed beside the program: the second waits for what the first began
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
