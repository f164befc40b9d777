import { concludeVerdict } from "../blame/verdict.ts";
import type { AttemptRecord, AttributedFault, Outcome } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { ClientStream } from "../net/client-stream.ts";
import { splice } from "../net/splice.ts";
import { isRepeatable } from "../wire/http1/idempotent.ts";
import type { Answer } from "./answer.ts";
import type { ExchangeContext } from "./context.ts";
import type { Tried } from "./decide.ts";
import { Exchange, type ExchangeRequest, noteFault } from "./exchange.ts";
import type { RequestPlan } from "./plan.ts";
import { relayedStatus } from "./proxy-status.ts";
import { relayBody } from "./relay.ts";
import { ReplayBody } from "./replay-body.ts";
import { replyWithBug, replyWithFault } from "./reply.ts";
import { attemptRequest, type HttpRequest, keepIdle } from "./request-attempt.ts";
import { type Ending, type Given, runAttempts } from "./run-attempts.ts";

/** An answer with what is needed to relay it and to keep its socket. */
interface Answered {
  readonly answer: Answer;
  readonly plan: RequestPlan;
  readonly route: Route;
  readonly record: AttemptRecord;
}

/** What a request line came to, for the hop. */
export interface RequestLine {
  readonly path: string;
  readonly authority: string;
}

/**
 * One HTTP request from its head to its reply's last byte.
 *
 *     client -> gateway -[exit ->]- target, as often as it takes and is safe; then the answer, or whose fault it is
 */
export async function runRequest(
  context: ExchangeContext,
  stream: ClientStream,
  request: ExchangeRequest,
  line: RequestLine,
): Promise<void> {
  const exchange = new Exchange(context, request);
  stream.observe(exchange);
  try {
    await runAdmitted(exchange, stream, line);
  } catch (bug) {
    replyWithBug(exchange, stream);
    throw bug;
  }
}

async function runAdmitted(exchange: Exchange, stream: ClientStream, line: RequestLine): Promise<void> {
  const { context } = exchange;
  const body = new ReplayBody(stream.body, context.settings.attempts.replayBytes, () => exchange.bodySent());
  const http: HttpRequest = { stream, body, ...line, repeatable: isRepeatable(stream.head) };
  const ending = await runAttempts<Answered>(exchange, {
    attempt: (given) => tryRequest(exchange, http, given),
    isRepeatable: () => http.repeatable && body.replayable,
    drop: ({ answer }) => answer.drop(),
  });
  if (ending.kind === "fault") replyWithFault(exchange, stream, ending.attributed);
  else if (ending.answer.answer.head.status === 101) await joinUpgrade(exchange, http, ending);
  else await relayAnswer(exchange, http, ending);
}

async function tryRequest(exchange: Exchange, http: HttpRequest, given: Given): Promise<Tried<Answered>> {
  const outcome = await attemptRequest(exchange, http, given);
  if (outcome.kind === "fault") return outcome;
  const { answer, plan, judged, record } = outcome;
  return { kind: "answer", answer: { answer, plan, route: given.route, record }, judged, record };
}

async function relayAnswer(exchange: Exchange, http: HttpRequest, ending: Ending<Answered> & { kind: "answer" }): Promise<void> {
  const { answer, plan, route, record } = ending.answer;
  const { judged } = ending;
  const { stream } = http;
  const { status, reason, fields, framing } = answer.head;
  const verdict = judged === null ? null : concludeVerdict(judged, exchange.attempts);
  stream.reply({ status, reason, fields, framing, upgrade: null, extra: relayedStatus(exchange, record, judged, verdict) });
  const end = await relayBody(exchange, stream, answer, route);
  record.bytesIn = answer.hop.bytesIn;
  record.bytesOut = answer.hop.bytesOut;

  if (end.kind === "complete") {
    if (end.excess) exchange.notes.push("bytes came after the end of the response; the socket was closed");
    if (end.excess) answer.hop.connection.destroy();
    else keepIdle(exchange, http, plan, answer);
    ending.settle("answered");
  } else {
    if (end.kind === "broken") noteFault(record, end.attributed);
    ending.settle(end.kind === "broken" ? end.attributed : "unjudged");
  }
  exchange.end({
    outcome: outcomeOf(exchange, end.kind, judged),
    status,
    verdict: end.kind === "complete" ? verdict : concludeVerdict(end.attributed, exchange.attempts),
    bytesFromClient: stream.head.bytes + http.body.bytes,
    bytesToClient: stream.bytesOut,
  });
}

function outcomeOf(exchange: Exchange, end: "complete" | "broken" | "left", judged: AttributedFault | null): Outcome {
  if (end === "left") return "aborted";
  if (end === "broken") return "failed";
  if (judged !== null) return "relayed";
  return exchange.attempts.length > 1 ? "rescued" : "ok";
}

/** 101: both sides speak another protocol from here on. */
async function joinUpgrade(
  exchange: Exchange,
  { stream, body }: HttpRequest,
  ending: Ending<Answered> & { kind: "answer" },
): Promise<void> {
  const { answer, record } = ending.answer;
  const { status, reason, fields, upgrade } = answer.head;
  const extra = relayedStatus(exchange, record, null, null);
  stream.reply({ status, reason, fields, framing: { kind: "none" }, upgrade, extra });
  const headBytes = stream.head.bytes + body.bytes;
  const client = stream.takeOver();
  const hop = answer.hop.leave();
  ending.settle("answered");
  const { report, settings } = exchange.context;
  report({ type: "tunnel-opened", id: exchange.id });
  const end = await splice(client, hop, { idleMs: settings.timeouts.tunnelIdle, halfClosedMs: settings.timeouts.tunnelHalfClosed });
  report({ type: "tunnel-closed", id: exchange.id });
  record.bytesIn = answer.hop.bytesIn + end.bytesFromHop;
  record.bytesOut = answer.hop.bytesOut + end.bytesFromClient;
  exchange.end({
    outcome: exchange.attempts.length > 1 ? "rescued" : "ok",
    status,
    verdict: null,
    bytesFromClient: headBytes + end.bytesFromClient,
    bytesToClient: stream.bytesOut + end.bytesFromHop,
  });
}
