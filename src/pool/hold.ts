/** What an operator said of an exit: no new lease. One that only drains keeps its hard sessions, which could not move. */
export interface Hold {
  readonly isDraining: boolean;
  /** On the clock; minus infinity: it is not benched. */
  readonly benchedUntil: number;
  /** Why it is benched, in the operator's words; may be empty. */
  readonly reason: string;
}
