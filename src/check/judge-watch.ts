import { setTimeout as wait } from "node:timers/promises";
import type { CheckContext } from "./check-context.ts";
import { askDirectly, type JudgeProblem } from "./judge/ask-directly.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { formatJudgeKey } from "./judge/signature.ts";

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

  constructor(context: CheckContext) {
    this.#context = context;
  }

  async isAsKnown(judge: JudgeAddress): Promise<boolean> {
    const now = await this.look(judge);
    return !("problem" in now) && now.certificate === judge.certificate;
  }

  /** As it is now, from asking it after this call: its key is the same, its certificate need not be. */
  look(judge: JudgeAddress): Promise<JudgeAddress | JudgeProblem> {
    const asking = this.#asking.get(judge) ?? { startedAt: Number.NEGATIVE_INFINITY, next: null };
    this.#asking.set(judge, asking);
    asking.next ??= this.#askSoon(judge, asking);
    return asking.next;
  }

  async #askSoon(judge: JudgeAddress, asking: Asking): Promise<JudgeAddress | JudgeProblem> {
    await wait(Math.max(0, asking.startedAt + APART_MS - this.#context.clock.now()));
    asking.startedAt = this.#context.clock.now();
    asking.next = null;
    return await this.#ask(judge);
  }

  async #ask(judge: JudgeAddress): Promise<JudgeAddress | JudgeProblem> {
    const { timeoutMs } = this.#context;
    const timeouts = { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs, head: timeoutMs };
    const now = await askDirectly(judge.url, { ...this.#context, timeouts, signal: null });
    if ("problem" in now || keyOf(now) === keyOf(judge)) return now;
    return { problem: `the judge ${judge.url.host} has another key than before` };
  }
}

function keyOf({ key }: JudgeAddress): string {
  return key === null ? "" : formatJudgeKey(key);
}
