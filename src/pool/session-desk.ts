import type { ExitFilter, SessionWant } from "../core/params.ts";
import type { Chooser, Want } from "./chooser.ts";
import type { ExitTable } from "./exit-table.ts";
import type { PoolExit } from "./pool-exit.ts";
import { Sessions } from "./sessions.ts";

/** Leads sessions over the exits that they are held to, and finds new ones for those that may move. */
export class SessionDesk {
  readonly #exits: ExitTable;
  readonly #chooser: Chooser;
  readonly #soft = new Sessions();
  readonly #hard = new Sessions();

  constructor(exits: ExitTable, chooser: Chooser) {
    this.#exits = exits;
    this.#chooser = chooser;
  }

  /** The exit of a session, which is held to it from now on; null where there is none, or a hard one has lost its own. */
  choose(session: SessionWant, want: Want, tried: ReadonlySet<string>, now: number): PoolExit | null {
    const sessions = this.#kind(session);
    const key = fullKey(session, want.params.filter);
    const heldTo = sessions.exitOf(key, now);
    const held = heldTo === null ? undefined : this.#exits.get(heldTo);
    if (heldTo !== null && session.hard) return held === undefined || isBenchedByOperator(held, now) ? null : held;
    if (held !== undefined && held.hold === null && !held.health.isBenched(now)) {
      if (!tried.has(held.id)) return held;
      if (held.kind.rotating && want.spent?.has(held.id) !== true) {
        sessions.renew(key);
        return held;
      }
    }

    const left = heldTo === null ? sessions.leftBy(key) : null;
    if (heldTo === null && left === null && !sessions.makeRoom(key, now, !session.hard)) return null;
    const other = left === null ? null : this.#chooser.choose(want, new Set([...tried, left]), now);
    const chosen = other ?? this.#chooser.choose(want, tried, now);
    if (chosen !== null) sessions.hold(key, chosen.id, now + session.durationMs);
    return chosen;
  }

  /** A session that has moved among the exits that one line stands for has another name there, so that nothing of the old one is found. */
  leaseName(session: SessionWant, { params }: Want, { kind }: PoolExit): string {
    if (!kind.rotating) return session.key;
    const turn = this.#kind(session).turnOf(fullKey(session, params.filter));
    return turn === 0 ? session.key : `${session.key}\n${turn}`;
  }

  /** Why a hard session has no exit; null: it has one, or may have any. */
  explain(session: SessionWant | null, filter: ExitFilter, now: number): NoExit | null {
    if (session?.hard !== true) return null;
    const key = fullKey(session, filter);
    const heldTo = this.#hard.exitOf(key, now);
    if (heldTo === null) return this.#hard.isFullFor(key) ? { words: tellFull(this.#hard.size), isLost: false } : null;
    const held = this.#exits.get(heldTo);
    if (held !== undefined && !isBenchedByOperator(held, now)) return null;
    const why = held === undefined ? "is gone" : "was benched by an operator";
    return { words: `the session's exit ${heldTo} ${why}, and a hard session does not move`, isLost: true };
  }

  /** The next request of each session with this key takes another exit, where there is one. How many there were. */
  rotate(key: string, now: number): number {
    const prefix = `${JSON.stringify([key]).slice(0, -1)},`;
    return this.#soft.rotate(prefix, now) + this.#hard.rotate(prefix, now);
  }

  #kind({ hard }: SessionWant): Sessions {
    return hard ? this.#hard : this.#soft;
  }
}

/** Why a session has no exit. */
interface NoExit {
  readonly words: string;
  /** It had one. */
  readonly isLost: boolean;
}

function tellFull(sessions: number): string {
  return `${sessions} hard sessions are held to their exits, and no more are: one must end first`;
}

function isBenchedByOperator({ hold }: PoolExit, now: number): boolean {
  return hold !== null && hold.benchedUntil > now;
}

/** The same key with another filter is another session: its exit could not match both. */
function fullKey({ key }: SessionWant, { exit, tags }: ExitFilter): string {
  return JSON.stringify([key, exit, Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
