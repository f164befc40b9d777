import { concludeVerdict } from "../blame/verdict.ts";
import { fault } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault, Verdict } from "../core/ledger.ts";
import { fieldValue, type RawFields } from "../core/message.ts";
import type { ClientStream } from "../net/client-stream.ts";
import { writeResponseHead } from "../wire/http1/response-writer.ts";
import { renderProblem } from "../wire/problem.ts";
import { tellReason } from "../wire/reason-phrase.ts";
import type { Exchange } from "./exchange.ts";
import { failureStatus } from "./proxy-status.ts";

/** An answer that the gateway makes itself. */
export interface OwnAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: RawFields;
  /** What only the gateway itself may say: Proxy-Status, Proxy-Authenticate. */
  readonly extra: RawFields;
  readonly body: Buffer;
  readonly verdict: Verdict;
}

/** Says in status, reason phrase, fields and body who broke what, and the fix. */
export function makeAnswer(exchange: Exchange, attributed: AttributedFault, accept: string | null): OwnAnswer {
  const { name } = exchange.context.settings;
  const verdict = concludeVerdict(attributed, exchange.attempts);
  const status = attributed.status ?? FAULTS[verdict.fault].status ?? 502;
  const record = recordOf(exchange, attributed);
  const reason = tellReason(verdict, record, exchange.id);
  const problem = renderProblem(
    { status, reason, name, requestId: exchange.id, verdict, attempts: exchange.attempts, target: exchange.request.shownTarget },
    accept,
  );
  const body = Buffer.from(problem.body, "utf8");
  const fields: string[] = ["Content-Type", problem.contentType, "Content-Length", String(body.length), "Cache-Control", "no-store"];
  const extra = status === 407 ? ["Proxy-Authenticate", `Basic realm="${name}", charset="UTF-8"`] : [];
  const { retryAfterMs } = attributed.fault;
  if (retryAfterMs !== null) fields.push("Retry-After", String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  else if (status === 503) fields.push("Retry-After", "1");
  return { status, reason, fields, extra: [...extra, ...failureStatus(exchange, verdict, attributed)], body, verdict };
}

/** Sends it, and ends the exchange. */
export function replyWithFault(exchange: Exchange, stream: ClientStream, attributed: AttributedFault): void {
  const answer = makeAnswer(exchange, attributed, fieldValue(stream.head.fields, "accept"));
  const { status, reason, fields, extra, body, verdict } = answer;
  const isLeft = stream.gone || (attributed.status === undefined && FAULTS[attributed.fault.id].status === null);
  if (isLeft) stream.abort();
  else {
    stream.reply({ status, reason, fields, lines: null, framing: { kind: "length", length: body.length }, upgrade: null, extra });
    if (stream.head.method !== "HEAD") stream.write(body);
    stream.end(null);
  }
  exchange.end({
    outcome: verdict.culprit === "client" && isLeft ? "aborted" : "failed",
    status: isLeft ? null : status,
    verdict,
    bytesFromClient: stream.head.bytes,
    bytesToClient: stream.bytesOut,
  });
}

/** A bug of ours: the client hears of it if it can, and the bug goes on to the top. */
export function replyWithBug(exchange: Exchange, stream: ClientStream): void {
  const attributed: AttributedFault = {
    fault: fault("gateway.internal_error", "the gateway has a bug; its log has the stack"),
    role: "target",
    hop: 0,
  };
  if (!stream.answered) replyWithFault(exchange, stream, attributed);
  else {
    stream.abort();
    endWithoutAnswer(exchange, attributed, { bytesFromClient: stream.head.bytes, bytesToClient: stream.bytesOut });
  }
}

/** Ends an exchange whose client gets no HTTP answer, or none any more. */
export function endWithoutAnswer(
  exchange: Exchange,
  attributed: AttributedFault,
  bytes: { readonly bytesFromClient: number; readonly bytesToClient: number },
): void {
  const isGone = attributed.fault === exchange.clientFault;
  const verdict = concludeVerdict(attributed, exchange.attempts);
  exchange.end({ outcome: isGone ? "aborted" : "failed", status: null, verdict, ...bytes });
}

/** The whole answer as text, for a request that never became a stream. */
export function wholeAnswer({ status, reason, fields, extra, body }: OwnAnswer): string {
  const framing = { kind: "length", length: body.length } as const;
  return (
    writeResponseHead({ status, reason, minor: 1, fields, framing, connection: "close", upgrade: null, extra }) + body.toString("latin1")
  );
}

function recordOf(exchange: Exchange, { fault }: AttributedFault): AttemptRecord | null {
  return exchange.attempts.findLast((record) => record.fault === fault.id) ?? exchange.attempts.at(-1) ?? null;
}
