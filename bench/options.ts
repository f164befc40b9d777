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
  /** Of the simulator. */
  readonly seed: number;
  /** The simulator's page and plot are written to docs/. */
  readonly write: boolean;
}
