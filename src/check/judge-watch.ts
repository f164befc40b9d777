import { setTimeout as wait } from "node:timers/promises";
import type { CheckContext } from "./check-context.ts";
import { askDirectly } from "./judge/ask-directly.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { formatJudgeKey } from "./judge/signature.ts";

/** A judge is asked no sooner again, whoever wants to know. Milliseconds. */
const APART_MS = 250;

interface Asking {
  /** On the clock. */
  startedAt: number;
  /** What has not been sent yet: it serves all who ask until then. */
  next: Promise<string | null> | null;
}

/** Tells whether a judge still is what it was: one that went away, or came back with another key, makes all exits look dead, or like liars. */
export class JudgeWatch {
  readonly #context: CheckContext;
  readonly #asking = new WeakMap<JudgeAddress, Asking>();

  constructor(context: CheckContext) {
    this.#context = context;
  }

  async isAsKnown(judge: JudgeAddress): Promise<boolean> {
    return (await this.findProblem(judge)) === null;
  }

  /** A sentence that names the judge, from asking it after this call; null: it is there, and what it was. */
  findProblem(judge: JudgeAddress): Promise<string | null> {
    const asking = this.#asking.get(judge) ?? { startedAt: Number.NEGATIVE_INFINITY, next: null };
    this.#asking.set(judge, asking);
    asking.next ??= this.#askSoon(judge, asking);
    return asking.next;
  }

  async #askSoon(judge: JudgeAddress, asking: Asking): Promise<string | null> {
    await wait(Math.max(0, asking.startedAt + APART_MS - this.#context.clock.now()));
    asking.startedAt = this.#context.clock.now();
    asking.next = null;
    return await this.#ask(judge);
  }

  async #ask(judge: JudgeAddress): Promise<string | null> {
    const { timeoutMs } = this.#context;
    const timeouts = { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs, head: timeoutMs };
    const now = await askDirectly(judge.url, { ...this.#context, timeouts, signal: null });
    if ("problem" in now) return now.problem;
    const isSame = now.certificate === judge.certificate && keyOf(now) === keyOf(judge);
    return isSame ? null : `the judge ${judge.url.host} has another key or certificate than before`;
  }
}

function keyOf({ key }: JudgeAddress): string {
  return key === null ? "" : formatJudgeKey(key);
}
