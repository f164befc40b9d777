import type { Connection } from "../net/connection.ts";
import type { Exchange } from "./exchange.ts";
import type { Answered, HttpRequest } from "./http-request.ts";
import type { RequestPlan } from "./plan.ts";

/** Keeps a socket whose exchange is complete, or closes it. */
export function keepIdle(exchange: Exchange, request: HttpRequest, { answer, plan }: Answered, now: number): void {
  const { connection } = answer.hop;
  const { head } = answer;
  // A hop that still waits for the rest of this request, or that spoke before it came, would take the next one for something else.
  if (!head.keepAlive || !answer.hop.requestSent) {
    connection.destroy();
    return;
  }
  connection.bound ||= isConnectionBound(request.stream.head.fields, head.fields);
  const owner = connection.bound ? request.stream.keepOwnSockets() : exchange.context.idle;
  owner.put(plan.key, connection, head.keepAliveMs, now);
}

/** A socket for this request that served before: one of its own client connection, or of the shared ones; null: none may be used. */
export function takeIdle(exchange: Exchange, request: HttpRequest, plan: RequestPlan, now: number): Connection | null {
  const own = request.stream.ownSockets?.take(plan.key, now) ?? null;
  if (own !== null) return own;
  // A request that may not be repeated never rides a socket that the hop may be closing at this moment.
  return request.repeatable && request.body.replayable ? exchange.context.idle.take(plan.key, now) : null;
}

const CONNECTION_BOUND = /^\s*(?:NTLM|Negotiate)\b/i;

/** NTLM and Negotiate authenticate a connection, not a request: such a socket belongs to its client connection. */
function isConnectionBound(request: readonly string[], response: readonly string[]): boolean {
  return hasScheme(request, "authorization") || hasScheme(response, "www-authenticate");
}

function hasScheme(fields: readonly string[], name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const candidate = fields[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    if (CONNECTION_BOUND.test(fields[i + 1] as string)) return true;
  }
  return false;
}
