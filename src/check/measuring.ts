import type { Exit } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { Calls, Failed, Turn } from "./calls.ts";
import { type Findings, tell } from "./findings.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import type { JudgeQuery, JudgeReply } from "./judge-calls.ts";

/** A proxy through which a judge has answered, to be measured. */
export interface Measuring {
  readonly calls: Calls;
  readonly exit: Exit;
  readonly judge: JudgeAddress;
  /** Those that this exit can reach. */
  readonly judges: readonly JudgeAddress[];
  readonly first: JudgeReply;
  /** The connection of that answer was given up. */
  readonly isLeft: boolean;
  /** It takes CONNECT alone: what it made of a plain request. */
  readonly refusedPlain: Failed | null;
  readonly findings: Findings;
  readonly signal: CancelSignal;
  /** On the clock. */
  readonly deadline: number;
}

/** As the first request went, which is known to work. */
export function likeFirst({ replied, sent }: JudgeReply): JudgeQuery {
  const { tunnel, target } = replied.way;
  const scheme = target.scheme === "https" ? "https" : "http";
  return { kind: sent.kind, method: "GET", scheme, tunnel, host: null, like: null, isLong: false };
}

export function turnOf({ signal, deadline }: Pick<Measuring, "signal" | "deadline">): Turn {
  return { signal, deadline, onConnected: null };
}

/** Takes down an answer on a connection that is not used again. `isSample`: its times are those of a fresh connection. */
export function note({ findings }: Measuring, reply: JudgeReply, isSample: boolean): void {
  reply.replied.answered.connection?.destroy();
  findings.addReply(reply, isSample && reply.replied.way.target.scheme === "http");
}

/** Both got the same error of somebody else than the judge, so that it is no matter of the address. */
export function isRefusedAlike(one: Failed, other: JudgeReply | Failed | null): boolean {
  return other?.kind === "failed" && one.replied !== null && one.replied.answered.head.status === other.replied?.answered.head.status;
}

/**
 * Takes down a refusal. The judge was reached before, and has something at every path: whoever says that there is nothing makes that up;
 * anybody else may have a rule, or a limit, and so has a filter that calls it one by whatever status.
 */
export function noteRefused({ findings, judge }: Measuring, { method, kind, isLong }: JudgeQuery, { replied, attributed }: Failed): void {
  if (replied === null) return;
  const { status } = replied.answered.head;
  const what = `${method} for a ${kind}`;
  if (judge.isSigned && NOTHING_THERE.includes(status) && attributed.fault.id !== "handshake.policy_denied")
    findings.addLie({ fault: "honesty.fake_answer", details: `${what} got ${status}, although the judge has it` });
  else if (!isLong) findings.cannotVerify(`what becomes of a ${kind}: ${method} was refused: ${tell(attributed)}`);
}

/** Caches mostly say by a field of their answer what they are. */
export function isMarkedByCache({ judged }: JudgeReply): boolean {
  return judged.addedFields.some((name) => OF_CACHES.test(name));
}

const OF_CACHES = /^(?:age|warning|x-varnish)$|cache/i;

export const NOTHING_THERE: readonly number[] = [404, 410];
