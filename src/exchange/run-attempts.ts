import { bestStory } from "../blame/best-story.ts";
import type { Fault } from "../core/fault.ts";
import { culpritOf } from "../core/fault-table.ts";
import type { AttemptRecord, AttributedFault, StageTimes } from "../core/ledger.ts";
import type { Route } from "../core/route.ts";
import { checkRoute, checkTarget } from "./check-target.ts";
import { type Choice, triesLeft } from "./choose.ts";
import { decideNext, mayRepeat, rulingOf, type Tried } from "./decide.ts";
import type { Exchange } from "./exchange.ts";
import { nextRoute } from "./next-route.ts";
import { sleep } from "./sleep.ts";

/** What an attempt is given. */
export interface Given {
  readonly route: Route;
  readonly session: string | null;
  /** The target's addresses where a policy has checked them: only these may be used. */
  readonly addresses: readonly string[] | null;
  /** On the clock. */
  readonly startedAt: number;
  /** On the clock: by when this attempt must have its answer. */
  readonly deadline: number;
  /** A socket that served before may be used. */
  readonly mayReuse: boolean;
}

/** How to make an attempt at something: a request, a tunnel. */
export interface Tries<A> {
  attempt(given: Given): Promise<Tried<A>>;
  /** Whether what was sent may be sent again. */
  isRepeatable(): boolean;
  /** An answer that is not going to be used. */
  drop(answer: A): void;
}

/** What the attempts came to, with the exit's lease still open where there is an answer: its end settles it. */
export type Ending<A> =
  | {
      readonly kind: "answer";
      readonly answer: A;
      readonly judged: AttributedFault | null;
      settle(how: "answered" | "unjudged" | AttributedFault): void;
    }
  | { readonly kind: "fault"; readonly attributed: AttributedFault };

/**
 * The attempt loop: takes a route, tries it, and asks what may follow, until there is an answer, the limits are reached or no route
 * is left. What the client gets at last is the best story of them all: a real answer before a fault, a fault before "no exit left".
 *
 *     choose -> attempt -> decide -> (wait) -> choose …
 */
export async function runAttempts<A>(exchange: Exchange, tries: Tries<A>): Promise<Ending<A>> {
  const { clock } = exchange.context;
  const checking = checkTarget(exchange);
  const checked = checking instanceof Promise ? await checking : checking;
  if ("fault" in checked) return notAllowed(checked.fault);

  const choosing = nextRoute(exchange);
  let choice = choosing instanceof Promise ? await choosing : choosing;
  let startedAt = checking instanceof Promise || choosing instanceof Promise ? clock.now() : exchange.startedAt;
  exchange.context.pool.repeats.request(exchange.request.target, exchange.startedAt);
  let story: Tried<A> | null = null;
  let mayReuse = true;
  while (choice !== null) {
    const { route, lease } = choice;
    const checkingRoute = checkRoute(exchange, checked, route);
    const usable = checkingRoute instanceof Promise ? await checkingRoute : checkingRoute;
    if ("fault" in usable) {
      settle(exchange, choice, null);
      if (story !== null) break;
      return notAllowed(usable.fault);
    }
    const { addresses } = usable;
    const deadline = attemptDeadline(exchange, startedAt, tries.isRepeatable());
    const given: Given = { route, session: lease?.session ?? null, addresses, startedAt, deadline, mayReuse };
    let tried: Tried<A>;
    try {
      tried = await tries.attempt(given);
    } catch (bug) {
      settle(exchange, choice, null); // a bug must not keep its exit leased for ever
      throw bug;
    }
    if (lease !== null) lease.ruling = rulingOf(exchange, tried);
    if (tried.kind === "answer" && tried.judged === null && exchange.clientFault === null) {
      if (story?.kind === "answer") tries.drop(story.answer);
      return answered(exchange, tried, choice);
    }
    const next = decideNext(exchange, tried, tries.isRepeatable());
    if (next.kind === "fresh-socket") {
      mayReuse = false;
      startedAt = clock.now();
      continue;
    }
    settle(exchange, choice, attributedOf(tried));
    story = better(story, tried, tries);
    if (next.kind === "reply" || !mayRepeat(exchange, tried)) break;
    if (next.waitMs > 0) await sleep(next.waitMs, exchange);
    if (exchange.clientFault !== null || clock.now() >= exchange.deadline) break;
    mayReuse = true;
    const choosing = nextRoute(exchange);
    choice = choosing instanceof Promise ? await choosing : choosing;
    startedAt = clock.now();
  }
  return story === null ? noRoute(exchange) : toEnding(exchange, story, tries);
}

function notAllowed(value: Fault): Ending<never> {
  return { kind: "fault", attributed: { fault: value, role: "target", hop: 0 } };
}

/** Each attempt gets its share of the time that is left: as many as may follow it, and no more than there are routes for. */
function attemptDeadline(exchange: Exchange, now: number, repeatable: boolean): number {
  const shares = repeatable ? Math.max(1, Math.min(exchange.attemptsMax - exchange.reached, triesLeft(exchange))) : 1;
  return now + (exchange.deadline - now) / shares;
}

/** The story so far, or the newer one where it tells the client more. */
function better<A>(story: Tried<A> | null, tried: Tried<A>, tries: Tries<A>): Tried<A> {
  if (story === null) return tried;
  const best = bestStory([story, tried].map(attributedOf).filter((attributed) => attributed !== null));
  const [kept, dropped] = best === attributedOf(tried) ? [tried, story] : [story, tried];
  if (dropped.kind === "answer") tries.drop(dropped.answer);
  return kept;
}

function attributedOf(tried: Tried<unknown>): AttributedFault | null {
  return tried.kind === "answer" ? tried.judged : tried.attributed;
}

function answered<A>(exchange: Exchange, tried: Tried<A> & { kind: "answer" }, choice: Choice): Ending<A> {
  return {
    kind: "answer",
    answer: tried.answer,
    judged: null,
    settle: (how) => {
      if (how === "answered") settleAnswered(exchange, choice, tried.record);
      else settle(exchange, choice, how === "unjudged" ? null : how);
    },
  };
}

function toEnding<A>(exchange: Exchange, story: Tried<A>, tries: Tries<A>): Ending<A> {
  const { clientFault } = exchange;
  if (story.kind === "fault") return { kind: "fault", attributed: story.attributed };
  if (clientFault === null) return { kind: "answer", answer: story.answer, judged: story.judged, settle() {} };
  tries.drop(story.answer);
  return { kind: "fault", attributed: { fault: clientFault, role: "target", hop: 0 } };
}

function settleAnswered(exchange: Exchange, { lease, slot }: Choice, { ms }: AttemptRecord): void {
  exchange.slot = lease === null ? slot : lease.slot; // a tunnel, or the body, goes on
  if (lease === null) return;
  lease.slot = null;
  exchange.context.pool.settle(lease, { kind: "answered", ms: headMs(ms) });
}

function settle(exchange: Exchange, { lease, slot }: Choice, attributed: AttributedFault | null): void {
  slot?.release();
  if (lease === null) return;
  const { pool } = exchange.context;
  if (attributed === null || attributed.fault === exchange.clientFault) pool.settle(lease, { kind: "unjudged" });
  else pool.settle(lease, { kind: "failed", ...attributed, culprit: culpritOf(attributed.fault, attributed.role) });
}

function noRoute({ context, request, clientFault, limitFault }: Exchange): Ending<never> {
  const value = clientFault ?? limitFault ?? context.pool.faultOfEmpty(request.params);
  return { kind: "fault", attributed: { fault: value, role: "exit", hop: 0 } };
}

function headMs({ connect = 0, handshake = 0, tls = 0, head = 0 }: StageTimes): number {
  return connect + handshake + tls + head;
}
