import type { AttemptRecord } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import type { ClientStream } from "../net/client-stream.ts";
import type { Answer } from "./answer.ts";
import type { RequestPlan } from "./plan.ts";
import type { ReplayBody } from "./replay-body.ts";

/** A request as it goes to any route. */
export interface HttpRequest {
  readonly stream: ClientStream;
  readonly body: ReplayBody;
  /** Path and query, or `*`. */
  readonly path: string;
  /** For Host: the target as the client wrote it, without userinfo. */
  readonly authority: string;
  /** The method is idempotent, or the client gave an Idempotency-Key. */
  readonly repeatable: boolean;
  /** The client has had its 100 (Continue), whichever attempt it came from. */
  continued: boolean;
}

/** An answer with what is needed to relay it and to keep its socket. */
export interface Answered {
  readonly answer: Answer;
  readonly plan: RequestPlan;
  readonly route: Route;
  readonly record: AttemptRecord;
}
