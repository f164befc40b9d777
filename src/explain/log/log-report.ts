import type { Culprit, Stage } from "../../core/fault.ts";
import type { LineShape } from "./line-shapes.ts";
import type { AnyFaultId, LogProgram } from "./log-event.ts";

/** What logs tell, as `--json` prints it. Times are ISO 8601 without a zone: those of the log's own clock. */
export interface LogReport {
  readonly kind: "log";
  readonly lines: number;
  readonly bytes: number;
  /** Lines that tell of a failure. */
  readonly failures: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly formats: readonly { readonly name: string; readonly lines: number }[];
  /** The worst first; what only follows from another is behind it. */
  readonly incidents: readonly ToldIncident[];
  /** Failures of rare faults and backends, beyond what is told apart. */
  readonly otherFailures: number;
  /** Lines of no format that is known. */
  readonly unknown: ShapesTold;
  /** Lines that a gateway wrote as a warning or an error, and that are in none of its rules. */
  readonly unexplained: ShapesTold;
  /** What was wrong with the logs themselves. */
  readonly notes: readonly string[];
}

export interface ShapesTold {
  readonly lines: number;
  readonly shapes: readonly LineShape[];
  /** Lines of rare shapes that were not kept. */
  readonly others: number;
}

export interface ToldIncident {
  /** From 1, as they are told. */
  readonly number: number;
  readonly program: LogProgram;
  readonly fault: AnyFaultId;
  readonly culprit: Culprit;
  readonly stage: Stage;
  readonly backend: string | null;
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Lines in equal times from `first` on. */
  readonly rate: { readonly barMs: number; readonly counts: readonly number[] };
  readonly perMinuteMax: number;
  readonly targets: readonly { readonly text: string; readonly count: number }[];
  /** Different clients; null: more than are counted. */
  readonly clients: number | null;
  readonly line: { readonly file: string; readonly line: number; readonly words: string };
  readonly summary: string;
  /** The number of the incident from which this one follows, as far as their times tell. */
  readonly followsFrom: number | null;
  /** Others from which it may follow as well: they began at the same time. */
  readonly orFrom: readonly number[];
  /** What probably came first, and what follows from it. */
  readonly likely: string | null;
  /** What else its pattern speaks for: a keep-alive race, time limits in the wrong order. */
  readonly suspicions: readonly string[];
  readonly fix: string;
  /** The setting to change, as its config has it; null: none would help. */
  readonly setting: string | null;
}
