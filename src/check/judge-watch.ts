import { setTimeout as wait } from "node:timers/promises";
import type { CancelSignal } from "../net/cancellation.ts";
import type { CheckContext } from "./check-context.ts";
import { askDirectly, type JudgeProblem } from "./judge/ask-directly.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { formatJudgeKey } from "./judge/signature.ts";

/** A judge that an exit led to is taken to be in reach of others for so long. Milliseconds. */
const IN_REACH_MS = 15 * 60_000;
/** A judge is asked no sooner again, whoever wants to know. Milliseconds. */
const APART_MS = 250;

interface Asking {
  /** On the clock. */
  startedAt: number;
  /** What has not been sent yet: it serves all who ask until then. */
  next: Promise<JudgeAddress | JudgeProblem> | null;
}

/** Tells whether a judge still is what it was: one that went away, or came back with another key, makes all exits look dead, or like liars. */
export class JudgeWatch {
  readonly #context: CheckContext;
  readonly #asking = new WeakMap<JudgeAddress, Asking>();
  /** When an exit last led to it. On the clock. */
  readonly #reachedAt = new WeakMap<JudgeAddress, number>();

  constructor(context: CheckContext) {
    this.#context = context;
  }

  async isAsKnown(judge: JudgeAddress, signal: CancelSignal): Promise<boolean> {
    const now = await this.look(judge, signal);
    return !("problem" in now) && now.certificate === judge.certificate;
  }

  /** An exit led to it. */
  reached(judge: JudgeAddress): void {
    this.#reachedAt.set(judge, this.#context.clock.now());
  }

  /** Exits do lead to it: one that does not fails for reasons of its own. */
  isInReach(judge: JudgeAddress): boolean {
    const reachedAt = this.#reachedAt.get(judge);
    return reachedAt !== undefined && this.#context.clock.now() - reachedAt < IN_REACH_MS;
  }

  /**
   * As it is now, from asking it after this call: its key is the same, its certificate need not be.
   * @param signal that all who ask have in common.
   */
  look(judge: JudgeAddress, signal: CancelSignal): Promise<JudgeAddress | JudgeProblem> {
    const asking = this.#asking.get(judge) ?? { startedAt: Number.NEGATIVE_INFINITY, next: null };
    this.#asking.set(judge, asking);
    asking.next ??= this.#askSoon(judge, asking, signal);
    return asking.next;
  }

  async #askSoon(judge: JudgeAddress, asking: Asking, signal: CancelSignal): Promise<JudgeAddress | JudgeProblem> {
    await wait(Math.max(0, asking.startedAt + APART_MS - this.#context.clock.now()));
    asking.startedAt = this.#context.clock.now();
    asking.next = null;
    return await this.#ask(judge, signal);
  }

  async #ask(judge: JudgeAddress, signal: CancelSignal): Promise<JudgeAddress | JudgeProblem> {
    const { timeoutMs } = this.#context;
    const timeouts = { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs, head: timeoutMs };
    const now = await askDirectly(judge.url, { ...this.#context, timeouts, signal });
    if ("problem" in now || keyOf(now) === keyOf(judge)) return now;
    return { problem: `the judge ${judge.url.host} has another key than before` };
  }
}

function keyOf({ key }: JudgeAddress): string {
  return key === null ? "" : formatJudgeKey(key);
}
