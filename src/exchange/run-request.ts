import { concludeVerdict } from "../blame/verdict.ts";
import type { AttributedFault, Outcome, Verdict } from "../core/ledger.ts";
import type { ClientStream } from "../net/client-stream.ts";
import { splice } from "../net/splice.ts";
import { isRepeatable } from "../wire/http1/idempotent.ts";
import { noteFault } from "./attempt-record.ts";
import type { ExchangeContext } from "./context.ts";
import { Exchange, type ExchangeRequest } from "./exchange.ts";
import type { Answered, HttpRequest } from "./http-request.ts";
import { keepIdle } from "./idle-route.ts";
import { relayedStatus } from "./proxy-status.ts";
import { type RelayEnd, relayBody } from "./relay.ts";
import { ReplayBody } from "./replay-body.ts";
import { replyWithBug, replyWithFault } from "./reply.ts";
import { attemptRequest } from "./request-attempt.ts";
import { runAttempts } from "./run-attempts.ts";
import { stepThrough } from "./steps.ts";
import type { Ending, Given, Told, Tries } from "./tries.ts";

/** What a request line came to, for the hop. */
export interface RequestLine {
  readonly path: string;
  readonly authority: string;
}

/**
 * One HTTP request from its head to its reply's last byte; then `leave` is called. A bug goes to `context.onBug`.
 *
 *     client -> gateway -[exit ->]- target, as often as it takes and is safe; then the answer, or whose fault it is
 */
export function runRequest(
  context: ExchangeContext,
  stream: ClientStream,
  request: ExchangeRequest,
  line: RequestLine,
  leave: () => void,
): void {
  const exchange = new Exchange(context, request);
  stream.observe(exchange);
  exchange.path = line.path;
  const body = new ReplayBody(stream.body, context.settings.attempts.replayBytes, exchange);
  const { path, authority } = line;
  const http: HttpRequest = { stream, body, path, authority, repeatable: isRepeatable(stream.head), continued: false };
  const run = new RequestRun(exchange, http, leave);
  stepThrough(runAttempts(exchange, run), run);
}

class RequestRun implements Tries<Answered> {
  readonly #exchange: Exchange;
  readonly #http: HttpRequest;
  readonly #leave: () => void;

  constructor(exchange: Exchange, http: HttpRequest, leave: () => void) {
    this.#exchange = exchange;
    this.#http = http;
    this.#leave = leave;
  }

  onEnd(ending: Ending<Answered>): void {
    try {
      const finishing = this.#finish(ending);
      if (finishing === null) this.#leave();
      else finishing.then(this.#leave, (bug) => this.onBug(bug));
    } catch (bug) {
      this.onBug(bug);
    }
  }

  onBug(bug: unknown): void {
    const { context } = this.#exchange;
    try {
      replyWithBug(this.#exchange, this.#http.stream);
    } catch (another) {
      context.onBug(another);
    }
    context.onBug(bug);
    this.#leave();
  }

  /** Null: it is finished. */
  #finish(ending: Ending<Answered>): Promise<void> | null {
    const exchange = this.#exchange;
    const { stream } = this.#http;
    if (ending.kind === "fault") {
      replyWithFault(exchange, stream, ending.attributed);
      return null;
    }
    const { answer, route } = ending.answer;
    if (answer.head.status === 101) return joinUpgrade(exchange, this.#http, ending);
    const verdict = startReply(exchange, stream, ending);
    const relaying = relayBody(exchange, stream, answer, route);
    if (relaying instanceof Promise) return relaying.then((end) => endRelay(exchange, this.#http, ending, verdict, end));
    endRelay(exchange, this.#http, ending, verdict, relaying);
    return null;
  }

  attempt(given: Given, to: Told<Answered>): void {
    attemptRequest(this.#exchange, this.#http, given, to);
  }

  isRepeatable(): boolean {
    return this.#http.repeatable && this.isWhole();
  }

  isWhole(): boolean {
    return this.#http.body.replayable;
  }

  /** What is not idempotent, or on its way yet, is not sent twice; nor what belongs to one connection. */
  mayHedge(): boolean {
    const { body, stream } = this.#http;
    return this.isRepeatable() && body.complete && stream.ownSockets === null && stream.head.upgrade === null;
  }

  drop({ answer }: Answered): void {
    answer.drop();
  }
}

type AnswerEnding = Ending<Answered> & { kind: "answer" };

function startReply(exchange: Exchange, stream: ClientStream, { answer: { answer, record }, judged }: AnswerEnding): Verdict | null {
  const { status, reason, fields, framing } = answer.head;
  const verdict = judged === null ? null : concludeVerdict(judged, exchange.attempts);
  const { lines } = answer.hop;
  stream.reply({ status, reason, fields, lines, framing, upgrade: null, extra: relayedStatus(exchange, record, judged, verdict) });
  return verdict;
}

function endRelay(exchange: Exchange, http: HttpRequest, ending: AnswerEnding, verdict: Verdict | null, end: RelayEnd): void {
  const { answer, record } = ending.answer;
  const now = exchange.context.clock.now();
  const { stream, body } = http;
  record.bytesIn = answer.hop.bytesIn;
  record.bytesOut = answer.hop.bytesOut;
  let told: AttributedFault | null = null;
  if (end.kind === "complete") {
    if (end.excess) {
      exchange.note("bytes came after the end of the response; the socket was closed");
      answer.hop.connection.destroy();
    } else keepIdle(exchange, http, ending.answer, now);
    ending.settle("answered");
  } else {
    if (end.kind === "broken") noteFault(record, end.attributed);
    told = ending.settle(end.kind === "broken" ? end.attributed : "unjudged") ?? end.attributed;
  }
  const result = {
    outcome: outcomeOf(exchange, end.kind, ending.judged),
    status: answer.head.status,
    verdict: told === null ? verdict : concludeVerdict(told, exchange.attempts),
    bytesFromClient: stream.head.bytes + body.bytes,
    bytesToClient: stream.bytesOut,
  };
  exchange.end(result, now);
}

function outcomeOf(exchange: Exchange, end: "complete" | "broken" | "left", judged: AttributedFault | null): Outcome {
  if (end === "left") return "aborted";
  if (end === "broken") return "failed";
  if (judged !== null) return "relayed";
  return exchange.answeredAs;
}

/** 101: both sides speak another protocol from here on. */
async function joinUpgrade(exchange: Exchange, { stream, body }: HttpRequest, ending: AnswerEnding): Promise<void> {
  const { answer, record, route } = ending.answer;
  const { status, reason, fields, upgrade } = answer.head;
  const extra = relayedStatus(exchange, record, null, null);
  stream.reply({ status, reason, fields, lines: answer.hop.lines, framing: { kind: "none" }, upgrade, extra });
  const headBytes = stream.head.bytes + body.bytes;
  const client = stream.takeOver();
  const hop = answer.hop.leave();
  ending.settle("answered");
  const { report, settings, pool } = exchange.context;
  const carrier = pool.carry(route.exit);
  report({ type: "tunnel-opened", id: exchange.id });
  const { tunnelIdle: idleMs, tunnelHalfClosed: halfClosedMs } = settings.timeouts;
  const end = await splice(client, hop, { idleMs, halfClosedMs, silentMs: 0, onAnswer: null });
  report({ type: "tunnel-closed", id: exchange.id });
  pool.letGo(carrier);
  record.bytesIn = answer.hop.bytesIn + end.bytesFromHop;
  record.bytesOut = answer.hop.bytesOut + end.bytesFromClient;
  exchange.end({
    outcome: exchange.answeredAs,
    status,
    verdict: null,
    bytesFromClient: headBytes + end.bytesFromClient,
    bytesToClient: stream.bytesOut + end.bytesFromHop,
  });
}
