import type { AttributedFault } from "../core/ledger.ts";
import { type Ended, giveProbeBack, learnAnswer, learnFailure, learnNothing, learnTargetWorks } from "./learn.ts";

/** An answer that no other attempt is to follow: what becomes of its body, or of its tunnel, settles the exit's lease. */
export class UnsettledAnswer<A> {
  readonly kind = "answer";
  readonly answer: A;
  readonly judged: null = null;
  readonly #ended: Ended;
  readonly #isTunnel: boolean;

  constructor(ended: Ended, answer: A) {
    this.#ended = ended;
    this.answer = answer;
    // The head of an answer is proof enough that the target is there; an open tunnel is none before something came out of it.
    this.#isTunnel = ended.record.stage === "tunnel";
    if (!this.#isTunnel) learnTargetWorks(ended.exchange, ended.startedAt);
  }

  settle(how: "answered" | "unjudged" | AttributedFault): AttributedFault | null {
    const { exchange, choice, startedAt } = this.#ended;
    if (typeof how === "object") {
      const told = learnFailure(this.#ended, how);
      giveProbeBack(exchange); // a tunnel's, which nobody else ends
      return told;
    }
    if (how === "unjudged") learnNothing(exchange, choice);
    else {
      if (this.#isTunnel) learnTargetWorks(exchange, startedAt);
      learnAnswer(this.#ended);
    }
    return null;
  }

  freeTurn(): void {
    const { slot, lease } = this.#ended.choice;
    slot?.release();
    lease?.slot?.release();
  }
}
