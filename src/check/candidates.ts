import type { Exit, ExitScheme } from "../core/route.ts";

/** A proxy to check, as a line says it. */
export interface Candidate {
  /** The list that it stands in; null: the command line. */
  readonly source: string | null;
  /** Counts from 1; null where there is no list. */
  readonly line: number | null;
  /** Where the line names no scheme, an `http` exit. */
  readonly exit: Exit;
  /** Of its last hop; null: to be found out. */
  readonly scheme: ExitScheme | null;
}
