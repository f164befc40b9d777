import type { HopState } from "../core/event.ts";
import type { ExitFilter } from "../core/params.ts";
import { matches } from "./exit-filter.ts";
import { NONE } from "./exit-store.ts";
import type { ExitTable } from "./exit-table.ts";
import type { PoolExit } from "./pool-exit.ts";
import { type ExitSnapshot, snapshotOf } from "./snapshot.ts";

/** Which exits are to be listed. Null: whatever it is. */
export interface ExitsWanted {
  readonly limit: number;
  /** Only those behind the one with this id, in the order of the lists. */
  readonly after: string | null;
  readonly state: HopState | null;
  readonly draining: boolean | null;
  readonly tags: ExitFilter["tags"];
}

/** Null: the exit to go on behind is gone. */
export type ExitPage = {
  /** How many exits the pool has, wanted or not. */
  readonly total: number;
  readonly exits: readonly ExitSnapshot[];
  /** What `after` is for the next page; null: this was the last. */
  readonly next: string | null;
} | null;

/** Exits that one step looks at, and those that it lists: a millisecond or two. */
const STEP_EXITS_MAX = 1000;
const STEP_LISTED_MAX = 100;

/**
 * Lists exits step by step, so that whoever calls can give way between steps: a filter that fits none looks at every exit.
 * The pool may change between them.
 */
export function* listExits(table: ExitTable, wanted: ExitsWanted, now: number): Generator<void, ExitPage> {
  const { book, order, size: total } = table;
  const exits: ExitSnapshot[] = [];
  const filter = { exit: null, tags: wanted.tags };
  const after = wanted.after === null ? NONE : book.find(wanted.after);
  if (wanted.after !== null && after === NONE) return null;
  let looked = 0;
  for (const row of order.rows(after)) {
    if (++looked % STEP_EXITS_MAX === 0) yield;
    if (row === NONE) continue;
    const member = table.view(row);
    if (!isWanted(member, wanted, now) || !matches({ id: "", tags: member.kind.tags }, filter)) continue;
    if (exits.length === wanted.limit) return { total, exits, next: exits.at(-1)?.id ?? null };
    exits.push(snapshotOf(member, now));
    if (exits.length % STEP_LISTED_MAX === 0) yield;
  }
  return { total, exits, next: null };
}

function isWanted(member: PoolExit, { state, draining }: ExitsWanted, now: number): boolean {
  if (draining !== null && draining !== (member.hold?.isDraining ?? false)) return false;
  return state === null || member.state(now) === state;
}
