import { readFileSync } from "node:fs";

/** Files that the system lets this process open at once; null: it does not say so in a file. */
export function openFilesMax(): number | null {
  try {
    const count = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
