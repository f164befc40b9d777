import { bestStory } from "../blame/best-story.ts";
import type { Fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { checkRoute, checkTarget } from "./check-target.ts";
import { triesLeft } from "./choose.ts";
import { decideNext, rulingOf, type Tried } from "./decide.ts";
import type { Exchange } from "./exchange.ts";
import { attemptHedged } from "./hedge.ts";
import { type Ended, giveProbeBack, learnFailure, learnNothing } from "./learn.ts";
import { nextRoute } from "./next-route.ts";
import { sleep } from "./sleep.ts";
import { type Steps, settled } from "./steps.ts";
import { gateTarget } from "./target-gate.ts";
import { mayRepeat } from "./target-repeats.ts";
import type { Ending, Given, Tries } from "./tries.ts";
import { UnsettledAnswer } from "./unsettled-answer.ts";

/**
 * The attempt loop: takes a route, tries it, and asks what may follow, until there is an answer, the limits are reached or no route
 * is left. What the client gets at last is the best story of them all: a real answer before a fault, a fault before "no exit left".
 *
 *     choose -> attempt -> decide -> (wait) -> choose …
 *
 * It yields what it waits for, see `stepThrough`.
 */
export function* runAttempts<A>(exchange: Exchange, tries: Tries<A>): Steps<Ending<A>> {
  const { clock, settings } = exchange.context;
  const checking = checkTarget(exchange);
  const checked = checking instanceof Promise ? yield* settled(checking) : checking;
  if ("fault" in checked) return notAllowed(checked.fault);

  exchange.context.pool.repeats.request(exchange.request.target, exchange.startedAt);
  let story: Tried<A> | null = null;
  let down = gateTarget(exchange, null);
  let choosing = down === null ? nextRoute(exchange) : null;
  let choice = choosing instanceof Promise ? yield* settled(choosing) : choosing;
  let startedAt = checking instanceof Promise || choosing instanceof Promise ? clock.now() : exchange.startedAt;
  let mayReuse = true;
  while (choice !== null) {
    const { route, lease } = choice;
    const checkingRoute = checkRoute(exchange, checked, route);
    const usable = checkingRoute instanceof Promise ? yield* settled(checkingRoute) : checkingRoute;
    if ("fault" in usable) {
      learnNothing(exchange, choice);
      if (story !== null) break;
      return notAllowed(usable.fault);
    }
    // While it waited, more of the body may have gone to a hop that had answered already.
    if (story !== null && !isWhole(exchange, tries)) {
      learnNothing(exchange, choice);
      break;
    }
    const { addresses } = usable;
    const deadline = attemptDeadline(exchange, startedAt, tries.isRepeatable());
    const given: Given = { route, session: lease?.session ?? null, addresses, startedAt, deadline, mayReuse, lane: null };
    let tried: Tried<A>;
    try {
      if (settings.hedge.after === null) {
        const told = (yield (goOn) => tries.attempt(given, goOn)) as Tried<A> | Promise<Tried<A>>;
        tried = told instanceof Promise ? yield* settled(told) : told;
      } else ({ tried, choice, startedAt } = yield* settled(attemptHedged(exchange, tries, given, choice)));
    } catch (bug) {
      learnNothing(exchange, choice); // a bug must not keep its exit leased for ever
      throw bug;
    }
    if (choice.lease !== null) choice.lease.ruling = rulingOf(exchange, tried);
    if (tried.kind === "answer" && tried.judged === null && exchange.clientFault === null) {
      if (story?.kind === "answer") tries.drop(story.answer);
      return new UnsettledAnswer({ exchange, choice, record: tried.record, startedAt }, tried.answer);
    }
    const next = decideNext(exchange, tried, tries.isRepeatable());
    if (next.kind === "fresh-socket") {
      mayReuse = false; // nor on the exits that follow: what ended this one may end theirs
      startedAt = clock.now();
      continue;
    }
    const learned = learn({ exchange, choice, record: tried.record, startedAt }, tried);
    story = better(story, learned, tries);
    down = gateTarget(exchange, attributedOf(learned));
    // What may not be tried again tells its own story, whatever else its target went down with.
    if (next.kind === "reply" && down?.fault.id !== attributedOf(learned)?.fault.id) down = null;
    if (next.kind === "reply" || down !== null || !isWhole(exchange, tries) || !mayRepeat(exchange, learned)) break;
    if (next.waitMs > 0) yield* settled(sleep(next.waitMs, exchange));
    if (exchange.clientFault !== null || clock.now() >= exchange.deadline) break;
    down = gateTarget(exchange, attributedOf(learned));
    choosing = down === null ? nextRoute(exchange) : null;
    choice = choosing instanceof Promise ? yield* settled(choosing) : choosing;
    startedAt = clock.now();
  }
  giveProbeBack(exchange);
  if (down !== null && story?.kind !== "answer" && exchange.clientFault === null) return { kind: "fault", attributed: down };
  return story === null ? noRoute(exchange) : toEnding(exchange, story, tries);
}

/** Whether another hop would get all of the request. */
function isWhole(exchange: Exchange, tries: Tries<unknown>): boolean {
  if (tries.isWhole()) return true;
  exchange.note("not tried again: more of the request's body had gone than attempts.replayBytes keeps");
  return false;
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

/** A client that left broke nothing. */
function learn<A>(ended: Ended, tried: Tried<A>): Tried<A> {
  const attributed = attributedOf(tried);
  if (attributed === null) {
    learnNothing(ended.exchange, ended.choice);
    return tried;
  }
  const told = learnFailure(ended, attributed);
  return tried.kind === "answer" ? { ...tried, judged: told } : { ...tried, attributed: told };
}

function toEnding<A>(exchange: Exchange, story: Tried<A>, tries: Tries<A>): Ending<A> {
  const { clientFault } = exchange;
  if (story.kind === "fault") return { kind: "fault", attributed: story.attributed };
  if (clientFault === null) return { kind: "answer", answer: story.answer, judged: story.judged, settle: () => null, freeTurn() {} };
  tries.drop(story.answer);
  return { kind: "fault", attributed: { fault: clientFault, role: "target", hop: 0 } };
}

function noRoute({ context, request, clientFault, limitFault }: Exchange): Ending<never> {
  const value = clientFault ?? limitFault ?? context.pool.faultOfEmpty(request.params);
  return { kind: "fault", attributed: { fault: value, role: "exit", hop: 0 } };
}
