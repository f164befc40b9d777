import { setFlagsFromString } from "node:v8";

/**
 * Tells V8 not to make objects old that have just been made. It would: the records of the latest exchanges, which are kept, teach it that
 * what an exchange makes lives long. It then dies among the old, where it holds on to all that it refers to, and every scavenge has that to
 * copy. For a process that is a gateway and nothing else. Why: docs/decisions/young-records.md.
 */
export function keepRecordsYoung(): void {
  setFlagsFromString(FLAG);
}

/** Read whenever objects are made, so that it may be set late. A V8 that does not know it goes on as ever. */
export const FLAG = "--no-allocation-site-pretenuring";
