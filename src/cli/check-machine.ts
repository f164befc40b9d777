import { Concurrency } from "../check/concurrency.ts";
import { DEFAULT_CHECK_COMMAND } from "../config/defaults.ts";
import type { CheckFlags } from "./check-flags.ts";
import { format } from "./look.ts";
import { openFilesMax } from "./open-files.ts";

/** How many checks may run at once: what the user wants, within what the system lets one process open. */
export function concurrencyFor({ concurrency }: Pick<CheckFlags, "concurrency">, warn: (message: string) => void): Concurrency {
  const { concurrent, concurrentMax } = DEFAULT_CHECK_COMMAND;
  const files = openFilesMax();
  const room = files === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((files - OWN_FILES_MAX) / SOCKETS_PER_CHECK));
  const max = Math.min(concurrency ?? concurrentMax, room);
  if (concurrency !== undefined && room < concurrency) {
    warn(`this system lets a process open ${format(files ?? 0)} files (ulimit -n): at most ${format(room)} checks at once`);
  }
  return new Concurrency({ start: Math.min(concurrent, max), max });
}

/** What else is open: lists, output, modules. */
const OWN_FILES_MAX = 64;
/** A check tries two protocols side by side, and a judge of this process may have a socket of it too. */
const SOCKETS_PER_CHECK = 3;
