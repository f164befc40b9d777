/** What the command line sets for all parts. */
export interface BenchOptions {
  /** Of one measurement. */
  readonly seconds: number;
  /** Measurements of each contender; their median counts. */
  readonly rounds: number;
  /** Over hostile exits. */
  readonly exchanges: number;
  /** Of the soak. */
  readonly minutes: number;
}
