import type { CheckContext } from "./check-context.ts";
import { askDirectly } from "./judge/ask-directly.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { formatJudgeKey } from "./judge/signature.ts";

/** An answer to whether a judge is up serves all that ask within so long. Milliseconds. */
const FRESH_MS = 5000;

/** Tells whether a judge still is what it was: one that went away, or came back with another key, makes all exits look dead, or like liars. */
export class JudgeWatch {
  readonly #context: CheckContext;
  readonly #asked = new WeakMap<JudgeAddress, { readonly at: number; readonly answer: Promise<boolean> }>();

  constructor(context: CheckContext) {
    this.#context = context;
  }

  isAsKnown(judge: JudgeAddress): Promise<boolean> {
    const now = this.#context.clock.now();
    const known = this.#asked.get(judge);
    if (known !== undefined && now - known.at < FRESH_MS) return known.answer;
    const answer = this.#ask(judge);
    this.#asked.set(judge, { at: now, answer });
    return answer;
  }

  async #ask(judge: JudgeAddress): Promise<boolean> {
    const { timeoutMs } = this.#context;
    const timeouts = { connect: timeoutMs, handshake: timeoutMs, tls: timeoutMs, head: timeoutMs };
    const now = await askDirectly(judge.url, { ...this.#context, timeouts, signal: null });
    return !("problem" in now) && now.certificate === judge.certificate && keyOf(now) === keyOf(judge);
  }
}

function keyOf({ key }: JudgeAddress): string {
  return key === null ? "" : formatJudgeKey(key);
}
