import { formatHostPort } from "../core/address.ts";
import { type Choice, chooseRoute } from "./choose.ts";
import type { Exchange } from "./exchange.ts";
import type { Guest, Waited } from "./waiting-room.ts";

/**
 * The next route of an exchange. Where all that would do is at a limit, it waits for its turn; null where none is left, or no turn came, of
 * which `exchange.limitFault` tells.
 */
export function nextRoute(exchange: Exchange): Choice | null | Promise<Choice | null> {
  const { room, settings } = exchange.context;
  if (room.size === 0) {
    const choice = chooseRoute(exchange);
    if (choice !== null || exchange.limited === null) return choice;
  }
  const entered = room.enter(new RouteGuest(exchange), settings.pacing, (waiter) => {
    exchange.engagement = waiter;
  });
  return entered instanceof Promise ? entered.then((waited) => choiceOf(exchange, waited)) : choiceOf(exchange, entered);
}

/** An exchange in the waiting room. */
class RouteGuest implements Guest<Choice> {
  readonly key: string;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    const { target, params } = exchange.request;
    this.key = JSON.stringify([formatHostPort(target), params.filter, params.session?.key, [...exchange.triedExits()]]);
    this.#exchange = exchange;
  }

  get deadline(): number {
    return this.#exchange.deadline;
  }

  look(): ReturnType<Guest<Choice>["look"]> {
    const found = chooseRoute(this.#exchange);
    const { limited, context } = this.#exchange;
    return found === null && limited !== null ? { limited, backInMs: context.pool.limits.backInMs } : { found };
  }
}

function choiceOf(exchange: Exchange, waited: Waited<Choice>): Choice | null {
  if ("fault" in waited) exchange.limitFault = waited.fault;
  if (!("found" in waited) || waited.found === null) return null;
  if (exchange.clientFault === null) return waited.found;
  giveBack(exchange, waited.found);
  return null;
}

/** Nothing was tried over it. */
function giveBack(exchange: Exchange, { lease, slot }: Choice): void {
  if (lease !== null) exchange.context.pool.settle(lease, { kind: "unjudged" });
  slot?.release();
}
