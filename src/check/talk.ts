import type { Failed, Replied, Turn } from "./calls.ts";
import { askJudge, askJudgeAgain, type JudgeQuery, type JudgeReply } from "./judge-calls.ts";
import { type Measuring, noteRefused, turnOf } from "./measuring.ts";
import type { Outgoing } from "./way.ts";

/** One request after the other, over the connection of the first answer as long as it lasts, and then over others. */
export class Talk {
  readonly #measuring: Measuring;
  #last: Replied | null;
  /** Its first request went out: what becomes of that one tells whether connections are kept. */
  #isTried = false;

  constructor(measuring: Measuring) {
    this.#measuring = measuring;
    this.#last = measuring.first.replied;
  }

  /** Another request can go over the same connection. */
  get isOpen(): boolean {
    return this.#last !== null && this.#last.answered.connection !== null;
  }

  async ask(query: JudgeQuery): Promise<JudgeReply | Failed> {
    const { calls, exit, judge } = this.#measuring;
    const turn: Turn = { ...turnOf(this.#measuring), deadline: this.#patientUntil() };
    const last = this.#last;
    const again = last === null ? null : await askJudgeAgain(calls, last, judge, query, turn);
    const isRaced = this.#isTried && hasEnded(again);
    // One that was left could not be tried.
    if (again !== null || !this.#measuring.isLeft) this.#isTried = true;
    // That a kept connection ended says nothing of what was asked over it.
    const reply = again === null || isRaced ? await askJudge(calls, exit, judge, query, turn) : again;
    this.#last = reply === again || reply.kind === "judged" ? reply.replied : null;
    if (reply.kind === "failed" && query.host === null) noteRefused(this.#measuring, query, reply);
    return reply;
  }

  /** The last request of it, for something else than the judge; null: the connection is gone. */
  async askLast(outgoing: Outgoing, turn: Turn): Promise<Replied | Failed | null> {
    const last = this.#last;
    this.#last = null;
    const reply = last === null ? null : await this.#measuring.calls.again(last, outgoing, turn);
    if (reply?.kind === "replied") reply.answered.connection?.destroy();
    return hasEnded(reply) ? null : reply;
  }

  /** Whoever swallows one request and is silent must leave time for the others. On the clock. */
  #patientUntil(): number {
    const { calls, first, deadline } = this.#measuring;
    const now = calls.context.clock.now();
    const patienceMs = Math.max((deadline - now) / PATIENCE_SHARE, PATIENCE_TIMES * (first.replied.ms.total ?? 0));
    return Math.min(deadline, now + patienceMs);
  }

  end(): void {
    this.#last?.answered.connection?.destroy();
    this.#last = null;
  }
}

/** Of the time that is left, for one request; but some times as long as the first one took it has in any case. */
const PATIENCE_SHARE = 3;
const PATIENCE_TIMES = 4;

/** The proxy had closed what it said it keeps. */
function hasEnded(reply: JudgeReply | Replied | Failed | null): boolean {
  return reply?.kind === "failed" && reply.attributed.fault.id === "head.keepalive_race";
}
